import ArgumentParser
import Configuration
import JSON

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for what keeps Parley from working, and say what to do about it.",
        discussion: "Works without a daemon. Exit status 1 when there is a problem.")

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        let (settings, configuration) = ConfigurationCheck.run()
        let findings =
            GatewayCheck.findings(gateway) + configuration + SoundCheck.findings(settings)
            + PluginCheck.findings(settings, sources: ConfigurationSources())
        if gateway.json {
            print(JSONValue.object(["findings": .array(findings.map(\.json))]).serialized())
        } else {
            for line in findings.flatMap(\.lines) { print(line) }
        }
        guard findings.allSatisfy({ $0.grade != .problem }) else { throw ExitCode(1) }
    }
}
