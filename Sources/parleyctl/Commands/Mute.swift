import ArgumentParser
import JSON

struct Mute: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mute a session, or end its mute.",
        discussion: """
            When this returns, nothing that the microphone heard before is on its way to the peer \
            any more.
            """)

    enum Direction: String, ExpressibleByArgument, CaseIterable {
        case input
        case output
    }

    @Argument(help: "Id or name of the session.") var session: String
    @Flag(help: "End the mute.") var off = false
    @Option(help: "input: the microphone; output: the speech.") var direction = Direction.input
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call(
            "session.mute",
            [
                "session": .string(session), "muted": .bool(!off),
                "direction": .string(direction.rawValue),
            ])
    }
}
