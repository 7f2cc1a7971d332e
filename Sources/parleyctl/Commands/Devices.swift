import ArgumentParser
import JSON
import TerminalView

struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List microphones and speakers; * marks the defaults.")

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call("devices.list") { answer in
            let lists = [("sources", "source"), ("sinks", "sink")]
            var table = Table(
                ["", "KIND", "NAME", "DESCRIPTION", "STATE", "RATE", "VOLUME"], numbers: [5, 6])
            for (name, kind) in lists {
                for device in answer[name]?.arrayValue ?? [] {
                    let isMonitor = device["monitor"]?.boolValue == true
                    table.append(Devices.row(device, kind: isMonitor ? "monitor" : kind))
                }
            }
            return table.isEmpty ? ["the sound server has no devices"] : table.lines
        }
    }

    private static func row(_ device: JSONValue, kind: String) -> [String] {
        let isMuted = device["muted"]?.boolValue == true
        let volume = device["volume"]?.numberValue.map { "\(Int(($0 * 100).rounded()))%" } ?? "-"
        return [
            device["default"]?.boolValue == true ? "*" : "", kind,
            device["name"]?.stringValue ?? "-", device["description"]?.stringValue ?? "-",
            device["state"]?.stringValue ?? "-", HumanJSON.inline(device["rate"]) ?? "-",
            isMuted ? "muted" : volume,
        ]
    }
}
