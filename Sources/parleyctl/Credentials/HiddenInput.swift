import Glibc

/// A secret that somebody typed or piped in; wiped when it is released.
final class HiddenInput {
    static var maximumSize: Int { 65_536 }

    private let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: maximumSize + 1, alignment: 1)
    private var size = 0
    private let descriptor: CInt

    /// Reads a line that is not shown at a terminal, else standard input to its end. Newlines at the end are
    /// not part of it.
    static func read(
        prompt: String, from descriptor: CInt = STDIN_FILENO
    ) throws(DaemonError) -> HiddenInput {
        let input = HiddenInput(descriptor)
        try input.fill(prompt: prompt)
        return input
    }

    private init(_ descriptor: CInt) { self.descriptor = descriptor }

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
        if isatty(descriptor) == 1 { try typed(prompt: prompt) } else { try piped() }
        guard size <= Self.maximumSize else {
            throw .failed("the secret is longer than \(Self.maximumSize) bytes")
        }
    }

    private func piped() throws(DaemonError) {
        while size < room.count, try readMore(room.count - size) > 0 {}
        while size > 0, [UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(room[size - 1]) {
            size -= 1
        }
    }

    /// The terminal hands over each key: its own editing cuts a line at 4,095 bytes, and Ctrl-C would end
    /// the program with the terminal still mute (termios(3)).
    private func typed(prompt: String) throws(DaemonError) {
        var before = termios()
        guard tcgetattr(descriptor, &before) == 0 else { return try piped() }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        tcsetattr(descriptor, TCSAFLUSH, &hidden)
        _ = write(STDERR_FILENO, prompt, prompt.utf8.count)
        defer {
            tcsetattr(descriptor, TCSAFLUSH, &before)
            printError("")
        }
        while size < room.count, try readMore(1) > 0 {
            switch room[size - 1] {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"), Self.key("D"):
                size -= 1
                return
            case Self.key("C"), Self.key("\\"):
                throw .failed("nothing was read: interrupted")
            case 0x7F, Self.key("H"): size = max(0, size - 2)
            case Self.key("U"): size = 0
            default: break
            }
        }
    }

    /// What the terminal sends for a letter with Ctrl.
    private static func key(_ letter: Unicode.Scalar) -> UInt8 { UInt8(letter.value) & 0x1F }

    /// - Returns: how many bytes came; 0 at the end of the input.
    private func readMore(_ limit: Int) throws(DaemonError) -> Int {
        while true {
            let count = Glibc.read(descriptor, room.baseAddress?.advanced(by: size), limit)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw .failed("standard input can't be read: \(String(cString: strerror(errno)))")
            }
            size += count
            return count
        }
    }
}
