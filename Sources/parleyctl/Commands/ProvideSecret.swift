import ArgumentParser
import Glibc
import JSON

struct ProvideSecret: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a session a secret that it asked for (secret_needed).",
        discussion: """
            The value is read from standard input, never from the command line, where every user of \
            the machine could see it. At a terminal it is not shown.
            """)

    @Argument(help: "Id or name of the session.") var session: String
    @Argument(help: "Name of the secret, such as apiKey.") var name: String
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        let value = try HiddenInput.read(prompt: "\(name): ")
        guard !value.isEmpty else { throw DaemonError.failed("the secret is empty") }
        try gateway.call(
            "session.provideSecret",
            ["session": .string(session), "name": .string(name), "value": .string(value)])
    }
}

/// Reads a line or a file's text without showing it.
private enum HiddenInput {
    static func read(prompt: String) throws(DaemonError) -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            let bytes = try JSONArgument.readAll(STDIN_FILENO, what: "standard input")
            return trimmed(String(decoding: bytes, as: UTF8.self))
        }
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            printError("")
        }
        _ = write(STDERR_FILENO, prompt, prompt.utf8.count)
        return trimmed(readLine(strippingNewline: true) ?? "")
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.last?.isNewline == true { text.removeLast() }
        return String(text)
    }
}
