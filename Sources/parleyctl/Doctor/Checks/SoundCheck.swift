import Configuration
import PulseAudio

/// Looks at the sound server: that of the gateway where another user runs it, else as the user who asks.
struct SoundCheck: DoctorCheck {
    let name = "sound"
    var settings: Settings
    /// What the gateway says; nil when none answers.
    var gateway: GatewaySound?
    var judged: JudgedGateway

    func findings(_ machine: Machine) -> [Finding] {
        if let gateway, gateway.userID != machine.userID { return findings(gateway, machine) }
        guard gateway != nil || judged.isOwn else { return [unseen(machine)] }
        let report = machine.sound(ServerAddress(configured: settings.audio.server))
        guard let status = report.status else {
            return [
                .problem(
                    "the sound server can't be looked for", why: report.failure,
                    remedy: Remedy("ulimit -n -u", "threads or descriptors have run out"))
            ]
        }
        guard status.isConnected else { return [absent(status, machine)] }
        let identity = status.identity
        return [
            .good(
                "sound server \(identity.name) \(identity.version) at \(identity.socket), runs as "
                    + "\(identity.serverUser); you are user \(identity.uid)")
        ] + cookie(identity, machine) + devices(report.devices)
    }

    /// Those that the gateway goes by.
    private func devices(_ devices: [AudioDevice], of gateway: GatewaySound? = nil) -> [Finding] {
        [AudioDevice.Kind.source, .sink].flatMap { kind in
            DeviceJudgement(
                devices: devices, kind: kind, preferences: settings.preferences(kind),
                prefix: gateway?.prefix ?? "", knowsProperties: gateway == nil
            ).findings
        }
    }

    /// What the gateway of another user says of its sound.
    private func findings(_ gateway: GatewaySound, _ machine: Machine) -> [Finding] {
        guard gateway.isConnected else {
            return [
                .problem(
                    "no sound server for the gateway's user \(gateway.userName)",
                    why: gateway.summary, remedy: Self.start(judged.manager, machine))
            ]
        }
        return [
            .good(
                "sound server \(gateway.server) at \(gateway.socket), used by the gateway as user "
                    + gateway.userName)
        ] + devices(gateway.devices, of: gateway)
    }

    private func unseen(_ machine: Machine) -> Finding {
        .note(
            "the sound server\(judged.owner) can't be looked at",
            why: "only a gateway that answers tells of it",
            remedy: ServiceUnit.look(judged.manager, machine).start(machine))
    }

    /// Nothing when the server asks for no cookie of us: its own user is always let in.
    private func cookie(_ identity: ServerIdentity, _ machine: Machine) -> [Finding] {
        guard !identity.cookiePath.isEmpty else { return [] }
        guard !identity.isCookieReadable else {
            return [.good("cookie \(identity.cookiePath) can be read")]
        }
        return [
            .note(
                "cookie \(identity.cookiePath) can't be read",
                why: "the server of another user lets in only who shows its cookie, or is in its "
                    + "group",
                remedy: Remedy(
                    machine.sudo("usermod -aG pulse-access \(machine.userName)"),
                    "then log in again; or name a cookie that can be read by PULSE_COOKIE"))
        ]
    }

    private func absent(_ status: ServerStatus, _ machine: Machine) -> Finding {
        let identity = status.identity
        return .problem(
            "no sound server for user \(identity.uid)",
            why: "\(status.summary) (looked at \(identity.candidates.joined(separator: ", ")), by "
                + "\(identity.origin))",
            remedy: Self.start(judged.manager, machine))
    }

    /// What gives a gateway its sound server.
    static func start(_ manager: ServiceUnit.Manager, _ machine: Machine) -> Remedy {
        let systemctl = manager.systemctl(machine)
        guard manager != .system else {
            return Remedy(
                "\(systemctl) enable --now parley-pulse",
                "where nobody logs in; docs/Service.md has the other ways")
        }
        let hasPipeWire = machine.exists("/usr/lib/systemd/user/pipewire-pulse.socket")
        return Remedy(
            "\(systemctl) start \(hasPipeWire ? "pipewire-pulse" : "pulseaudio").socket",
            "a service needs the login to stay: loginctl enable-linger")
    }
}

extension Settings {
    /// The lists that the gateway finds a device by: the usual one, and those of sessions with their own.
    fileprivate func preferences(_ kind: AudioDevice.Kind) -> [DevicePreference] {
        let own = sessions.filter { $0.local.kind == .devices }
            .compactMap { kind == .source ? $0.local.source : $0.local.sink }
        var found: [DevicePreference] = []
        for list in [kind == .source ? audio.source : audio.sink] + own {
            let preference = DevicePreference(list)
            if !found.contains(preference) { found.append(preference) }
        }
        return found
    }
}
