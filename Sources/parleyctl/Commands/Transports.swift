import ArgumentParser
import JSON
import TerminalView

struct Transports: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the transports, those that were refused too, or describe one.")

    @Argument(help: "Id of a transport, to see its options.") var transport: String?
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        if let transport {
            try gateway.call("transports.describe", ["transport": .string(transport)]) { answer in
                HumanJSON.lines(answer.objectValue ?? [:])
            }
        } else {
            try gateway.call("transports.list") {
                Transports.list($0["transports"]?.arrayValue ?? [])
            }
        }
    }

    /// The table, and below it why files are not used.
    static func list(_ transports: [JSONValue]) -> [String] {
        var table = Table(["TRANSPORT", "VERSION", "STATE", "FILE"])
        var reasons: [String] = []
        for transport in transports {
            let path = transport["path"]?.stringValue ?? "-"
            table.append([
                transport["transport"]?.stringValue ?? "-",
                transport["version"]?.stringValue ?? "-", transport["state"]?.stringValue ?? "-",
                path,
            ])
            if let reason = transport["reason"]?.stringValue {
                reasons.append(TerminalText.harmless("\(path): \(reason)"))
            }
        }
        guard !table.isEmpty else {
            return ["no transport is installed; parleyctl doctor says where to put one"]
        }
        return table.lines + (reasons.isEmpty ? [] : [""] + reasons)
    }
}
