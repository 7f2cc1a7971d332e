import ArgumentParser
import JSON
import TerminalView

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the configuration again; says what was applied and what needs a restart.")

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call("gateway.reload") { answer in
            let lines = HumanJSON.lines(answer.objectValue ?? [:])
            return lines.isEmpty ? ["nothing has changed"] : lines
        }
    }
}
