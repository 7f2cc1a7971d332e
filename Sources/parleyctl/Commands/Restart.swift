import ArgumentParser
import JSON

struct Restart: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Connect a session anew: with the config and the plugin of now.")

    @Argument(help: "Id or name of the session.") var session: String
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call("sessions.restart", ["session": .string(session)])
    }
}
