import ArgumentParser
import JSON

struct SendEvent: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a raw event of the peer's protocol.")

    @Argument(help: "Id or name of the session.") var session: String
    @Argument(help: "The event as a JSON object; - for standard input, @FILE for a file.")
    var event: String
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        let event = try JSONArgument.object(event, what: "the event")
        try gateway.call(
            "session.sendEvent", ["session": .string(session), "event": .object(event)])
    }
}
