import ArgumentParser
import JSON

struct Interrupt: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Silence the peer: what it has said and is not heard yet is dropped.")

    @Argument(help: "Id or name of the session.") var session: String
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call("session.interrupt", ["session": .string(session)])
    }
}
