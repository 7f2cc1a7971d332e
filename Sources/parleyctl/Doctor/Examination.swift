import Configuration

/// All checks, in the order in which their findings are shown.
struct Examination {
    var machine: Machine
    /// Where programs look for a gateway, in order.
    var sockets: [String]

    var findings: [Finding] {
        let view = GatewayView.ask(machine)
        let judged = JudgedGateway.find(view, sockets: sockets, machine)
        let configuration = ConfigurationCheck(judged: judged)
        let (settings, ofConfiguration) = configuration.run(machine)
        let first: [any DoctorCheck] = [GatewayCheck(view: view, judged: judged)]
        let others: [any DoctorCheck] = [
            SoundCheck(settings: settings, gateway: view.sound, judged: judged),
            PluginCheck(settings: settings, judged: judged), LoginCheck(), ServiceCheck(),
            RealTimeCheck(gatewayIsRealTime: view.isRealTime, manager: judged.manager),
            CredentialCheck(settings: settings, judged: judged),
            PeerCheck(settings: settings, judged: judged), ICEServerCheck(settings: settings),
            ClockCheck(), VersionCheck(gateway: view.version, manager: judged.manager),
        ]
        return findings(of: first) + named(configuration.name, ofConfiguration)
            + findings(of: others)
    }

    private func findings(of checks: [any DoctorCheck]) -> [Finding] {
        checks.flatMap { named($0.name, $0.findings(machine)) }
    }

    private func named(_ name: String, _ findings: [Finding]) -> [Finding] {
        findings.map { finding in
            var finding = finding
            finding.check = name
            return finding
        }
    }
}
