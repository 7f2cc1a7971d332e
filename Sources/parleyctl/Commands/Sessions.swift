import ArgumentParser
import JSON
import TerminalView

struct Sessions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the sessions, or show one of them.")

    @Argument(help: "Id or name of a session.") var session: String?
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        if let session {
            var parameters: JSONObject = ["session": .string(session)]
            // People ask how the session is; what was said is for --json.
            if !gateway.json { parameters["limit"] = 0 }
            try gateway.call("sessions.get", parameters) { answer in
                var facts = answer.objectValue ?? [:]
                for name in ["history", "hasMoreHistory"] { facts[name] = nil }
                return HumanJSON.lines(facts)
            }
        } else {
            try gateway.call("sessions.list") { Sessions.list($0["sessions"]?.arrayValue ?? []) }
        }
    }

    static func list(_ sessions: [JSONValue]) -> [String] {
        var table = Table(["SESSION", "NAME", "TRANSPORT", "STATE", "LOCAL"])
        for session in sessions {
            table.append([
                session["session"]?.stringValue ?? "-", session["name"]?.stringValue ?? "-",
                session["transport"]?.stringValue ?? "-", session["state"]?.stringValue ?? "-",
                session["local"]?["kind"]?.stringValue ?? "-",
            ])
        }
        return table.isEmpty
            ? ["no session; parleyctl create TRANSPORT makes one"] : table.lines
    }
}
