import ArgumentParser
import JSON

struct Close: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End a session.")

    @Argument(help: "Id or name of the session.") var session: String
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call("sessions.close", ["session": .string(session)])
    }
}
