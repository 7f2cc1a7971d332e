import Foundation
import Testing

@testable import parleyctl

/// What somebody types at a prompt that shows nothing.
@Suite struct HiddenInputTests {
    /// A terminal and who sits at it.
    private struct Desk {
        let keyboard: Int32
        let terminal: Int32

        init() throws {
            keyboard = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            // ioctl_tty(2), whose macros Swift does not see: TIOCSPTLCK and TIOCGPTN.
            var isLocked: Int32 = 0
            var number: Int32 = 0
            try #require(
                ioctl(keyboard, 0x4004_5431, &isLocked) == 0
                    && ioctl(keyboard, 0x8004_5430, &number) == 0)
            terminal = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
            try #require(terminal >= 0)
        }

        /// Whether it shows what is typed.
        var echoes: Bool {
            var mode = termios()
            tcgetattr(terminal, &mode)
            return mode.c_lflag & tcflag_t(ECHO) != 0
        }

        /// Types once nothing would be shown.
        func type(_ keys: String) {
            Thread.detachNewThread { [self] in
                while echoes { usleep(1_000) }
                for var key in Array(keys.utf8) { while write(keyboard, &key, 1) < 1 {} }
            }
        }

        func read() throws(DaemonError) -> String {
            try HiddenInput.read(prompt: "", from: terminal).withBytes {
                String(decoding: $0, as: UTF8.self)
            }
        }

        func leave() {
            close(terminal)
            close(keyboard)
        }
    }

    @Test(arguments: [
        ("secret\r", "secret"), ("secret\n", "secret"), ("secrex\u{7F}t\r", "secret"),
        ("\u{7F}wrong\u{15}secret\r", "secret"), ("secret\u{4}", "secret"), ("\r", ""),
        // Longer than a line of the terminal's own may be.
        (
            String(repeating: "0123456789", count: 1_000) + "\r",
            String(repeating: "0123456789", count: 1_000)
        ),
    ])
    func aLineIsReadAndNotShown(_ keys: String, _ secret: String) throws {
        let desk = try Desk()
        defer { desk.leave() }
        desk.type(keys)
        #expect(try desk.read() == secret)
        #expect(desk.echoes, "what follows is shown again")
    }

    @Test func whoeverLeavesGetsTheTerminalBack() throws {
        let desk = try Desk()
        defer { desk.leave() }
        desk.type("sec\u{3}")
        #expect(throws: DaemonError.self) { try desk.read() }
        #expect(desk.echoes)
    }

    @Test func aPipeIsReadToItsEndWithoutItsLastNewline() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("two\nlines\n\n".utf8))
        try pipe.fileHandleForWriting.close()
        let secret = try HiddenInput.read(
            prompt: "", from: pipe.fileHandleForReading.fileDescriptor)
        #expect(try secret.withBytes { String(decoding: $0, as: UTF8.self) } == "two\nlines")
    }
}
