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

    private static func list(_ transports: [JSONValue]) -> [String] {
        var table = Table(["TRANSPORT", "VERSION", "STATE", "FILE"])
        var reasons: [String] = []
        for transport in transports {
            let file = transport["file"]?.stringValue ?? "-"
            table.append([
                transport["id"]?.stringValue ?? "-", transport["version"]?.stringValue ?? "-",
                transport["state"]?.stringValue ?? "-", file,
            ])
            if let reason = transport["reason"]?.stringValue {
                reasons.append(TerminalText.harmless("\(file): \(reason)"))
            }
        }
        if table.isEmpty {
            return ["no transport is installed; parleyctl doctor says where to put one"]
        }
        return table.lines + (reasons.isEmpty ? [] : [""] + reasons)
    }
}
