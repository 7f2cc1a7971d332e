import ArgumentParser
import JSON
import TerminalView

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How the gateway is: sound server, sessions, transports, health.")

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call("gateway.status", describe: Status.lines)
    }

    static func lines(_ status: JSONValue) -> [String] {
        var facts = Facts()
        let reasons = status["health"]?["reasons"]?.arrayValue?.compactMap(\.stringValue) ?? []
        facts.append("health", reasons.first ?? "good")
        for reason in reasons.dropFirst() { facts.append("", reason) }
        facts.append("sound server", status["soundServer"]?["summary"]?.stringValue)
        facts.append("up", status["uptimeS"]?.integerValue.map(duration(seconds:)))
        facts.append(
            "audio thread", status["realTime"]?.boolValue.map { $0 ? "real time" : "ordinary" })
        facts.append("clients", HumanJSON.inline(status["clients"]))
        return facts.lines + [""] + Sessions.list(status["sessions"]?.arrayValue ?? []) + [""]
            + Transports.list(status["transports"]?.arrayValue ?? [])
    }

    /// The two largest units: `2 h 5 min`.
    static func duration(seconds: Int64) -> String {
        let units: [(String, Int64)] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
        var rest = seconds
        var parts: [String] = []
        for (name, size) in units {
            if rest >= size || (size == 1 && parts.isEmpty) {
                parts.append("\(rest / size) \(name)")
            }
            rest %= size
        }
        return parts.prefix(2).joined(separator: " ")
    }
}
