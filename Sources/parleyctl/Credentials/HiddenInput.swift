import Glibc

/// A secret that somebody typed or piped in; wiped when it is released.
final class HiddenInput {
    static var maximumSize: Int { 65_536 }

    private let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: maximumSize + 1, alignment: 1)
    private var size = 0

    /// Reads a line that is not shown at a terminal, else standard input to its end. Newlines at the end are
    /// not part of it.
    static func read(prompt: String) throws(DaemonError) -> HiddenInput {
        let input = HiddenInput()
        try input.fill(prompt: prompt)
        return input
    }

    private init() {}

    deinit {
        if let start = room.baseAddress { explicit_bzero(start, room.count) }
        room.deallocate()
    }

    /// Lends the bytes, which are wiped when nobody holds this any more; a copy is the caller's to wipe.
    func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(DaemonError) -> Result
    ) throws(DaemonError) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(rebasing: room[..<size]))
    }

    private func fill(prompt: String) throws(DaemonError) {
        let isTerminal = isatty(STDIN_FILENO) == 1
        var before = termios()
        if isTerminal {
            tcgetattr(STDIN_FILENO, &before)
            var hidden = before
            hidden.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
            _ = write(STDERR_FILENO, prompt, prompt.utf8.count)
        }
        defer {
            if isTerminal {
                tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
                printError("")
            }
        }
        while size < room.count {
            let count = Glibc.read(
                STDIN_FILENO, room.baseAddress?.advanced(by: size), room.count - size)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw .failed("standard input can't be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { break }
            size += count
            if isTerminal, room[size - 1] == UInt8(ascii: "\n") { break }
        }
        guard size <= Self.maximumSize else {
            throw .failed("the secret is longer than \(Self.maximumSize) bytes")
        }
        while size > 0, [UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(room[size - 1]) {
            size -= 1
        }
    }
}
