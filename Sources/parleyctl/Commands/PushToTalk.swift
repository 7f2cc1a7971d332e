import ArgumentParser
import Glibc
import JSON

struct PushToTalk: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Press the talk button of a session, or let it go.",
        discussion: "Without an action the button is held until Enter is pressed.")

    enum Action: String, ExpressibleByArgument, CaseIterable {
        case press
        case release
    }

    @Argument(help: "Id or name of the session.") var session: String
    @Argument(help: "press or release.") var action: Action?
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        guard let action else { return try hold() }
        try gateway.call("session.pushToTalk", parameters(isPressed: action == .press))
    }

    private func hold() throws {
        let connection = try gateway.connect()
        _ = try connection.answer("session.pushToTalk", parameters(isPressed: true))
        printError("speak; Enter lets the button go")
        _ = readLine()
        let answer = try connection.answer("session.pushToTalk", parameters(isPressed: false))
        if gateway.json { print(answer.serialized()) }
    }

    private func parameters(isPressed: Bool) -> JSONObject {
        ["session": .string(session), "pressed": .bool(isPressed)]
    }
}
