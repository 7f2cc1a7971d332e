import ArgumentParser
import JSON

struct Say: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send a message to the peer, as if the user had typed it.")

    @Argument(help: "Id or name of the session.") var session: String
    @Argument(help: "The message; several words need no quotes.") var message: [String]
    @Flag(inversion: .prefixedNo, help: "Ask the peer to answer.") var response = true
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        var parameters: JSONObject = [
            "session": .string(session), "message": .string(message.joined(separator: " ")),
        ]
        if !response { parameters["triggerResponse"] = false }
        try gateway.call("session.sendMessage", parameters)
    }
}
