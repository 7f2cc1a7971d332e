import ArgumentParser
import JSON
import TerminalView

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read the configuration again; says what was applied and what needs a restart.")

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        try gateway.call("gateway.reload", describe: Reload.lines)
    }

    static func lines(_ answer: JSONValue) -> [String] {
        var facts = Facts()
        for (name, value) in answer.objectValue?.members ?? []
        where value.arrayValue?.isEmpty == false {
            facts.append(HumanJSON.words(name), HumanJSON.inline(value))
        }
        return facts.lines.isEmpty ? ["nothing has changed"] : facts.lines
    }
}
