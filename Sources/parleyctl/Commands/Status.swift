import ArgumentParser
import JSON
import TerminalView

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How the gateway is: sound server, sessions, transports, health.")

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call("gateway.status") { HumanJSON.lines($0.objectValue ?? [:]) }
    }
}
