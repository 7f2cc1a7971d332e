import ArgumentParser
import Configuration
import JSON

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for what keeps Parley from working, and say what to do about it.",
        discussion: """
            Works without a daemon, and changes nothing. Exit status: 0 when there is nothing to do, 4 when \
            something should be better (warning), 1 when something will not work (problem).
            """)

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        let findings = examine()
        if gateway.json {
            let report: JSONValue = [
                "worst": .string(findings.worst.rawValue),
                "findings": .array(findings.map(\.json)),
            ]
            print(report.serialized())
        } else {
            for line in findings.flatMap(\.lines) { print(line) }
        }
        let status = findings.worst.exitStatus
        guard status == 0 else { throw ExitCode(status) }
    }

    private func examine() -> [Finding] {
        let sources = ConfigurationSources()
        let machine = Machine()
        let view = GatewayCheck.look(gateway)
        let (settings, configuration) = ConfigurationCheck.run()
        func named(_ name: String, _ findings: [Finding]) -> [Finding] {
            findings.map { finding in
                var finding = finding
                finding.check = name
                return finding
            }
        }
        let others: [any DoctorCheck] = [
            LoginCheck(), ServiceCheck(), RealTimeCheck(gatewayIsRealTime: view.isRealTime),
            CredentialCheck(settings: settings, configurationDirectory: sources.directory),
            PeerCheck(settings: settings), ICEServerCheck(settings: settings), ClockCheck(),
            VersionCheck(gateway: view.version),
        ]
        return named("gateway", view.findings) + named("configuration", configuration)
            + named("sound", SoundCheck.findings(settings, of: view.sound))
            + named("plugins", PluginCheck.findings(settings, sources: sources))
            + others.flatMap { named($0.name, $0.findings(machine)) }
    }
}
