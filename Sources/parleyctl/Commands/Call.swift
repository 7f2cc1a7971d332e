import ArgumentParser
import JSON

struct Call: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Call any method of the control protocol and print the answer.",
        discussion: "`parleyctl call rpc.discover` lists the methods.")

    @Argument(help: "Method, such as sessions.list.") var method: String
    @Argument(help: "Parameters as a JSON object; - for standard input, @FILE for a file.")
    var parameters = "{}"
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        let parameters = try JSONArgument.object(parameters, what: "the parameters")
        try gateway.call(method, parameters) { [$0.serialized()] }
    }
}
