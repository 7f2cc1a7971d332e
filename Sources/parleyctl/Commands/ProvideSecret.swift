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
        let value = try HiddenInput.read(prompt: "\(name): ").withBytes {
            String(decoding: $0, as: UTF8.self)
        }
        guard !value.isEmpty else { throw DaemonError.failed("the secret is empty") }
        try gateway.call(
            "session.provideSecret",
            ["session": .string(session), "name": .string(name), "value": .string(value)])
    }
}
