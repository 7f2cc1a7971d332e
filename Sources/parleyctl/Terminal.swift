import CLinux
import Glibc
import TerminalView

/// The terminal while the live view has it: another screen, no cursor, no echo. Everything is as before
/// when it is released.
final class Terminal {
    private var before = termios()
    private let ownsInput: Bool

    init() {
        ownsInput = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before) == 0
        if ownsInput {
            var quiet = before
            quiet.c_lflag &= ~tcflag_t(ECHO | ICANON)
            tcsetattr(STDIN_FILENO, TCSANOW, &quiet)
        }
        put("\u{1b}[?1049h\u{1b}[?25l")
    }

    deinit {
        put("\u{1b}[?25h\u{1b}[?1049l")
        if ownsInput { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
    }

    /// Standard input, when keys can be read from it.
    var keyboard: CInt { ownsInput ? STDIN_FILENO : -1 }

    /// Draws over what was there, without flicker.
    func draw(_ lines: [String]) {
        put("\u{1b}[H" + lines.map { $0 + "\u{1b}[K" }.joined(separator: "\r\n") + "\u{1b}[J")
    }

    static var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    static var style: TerminalStyle { getenv("NO_COLOR") == nil ? .coloured : .plain }

    private func put(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR && errno != EAGAIN { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
