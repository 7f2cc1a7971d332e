import Configuration
import Glibc
import PulseAudio

/// Looks at the sound server: that of the gateway where another user runs it, else as the user who asks.
enum SoundCheck {
    static func findings(_ settings: Settings, of gateway: GatewaySound?) -> [Finding] {
        if let gateway, gateway.userID != getuid() { return findings(gateway) }
        let report = SoundProbe.report(address: ServerAddress(configured: settings.audio.server))
        guard let status = report.status else {
            return [
                .problem(
                    "the sound server can't be looked for", why: report.failure,
                    remedy: "close programs: threads or descriptors have run out")
            ]
        }
        guard status.isConnected else { return [absent(status)] }
        let identity = status.identity
        return [
            .good(
                "sound server \(identity.name) \(identity.version) at \(identity.socket), runs as "
                    + "\(identity.serverUser); you are user \(identity.uid)")
        ] + cookie(identity) + findings(report.devices, .source)
            + findings(report.devices, .sink)
    }

    /// What the gateway of another user says of its sound. Pure.
    static func findings(_ gateway: GatewaySound) -> [Finding] {
        guard gateway.isConnected else {
            return [
                .problem(
                    "no sound server for the gateway's user \(gateway.userName)",
                    why: gateway.summary,
                    remedy:
                        "on a machine where nobody logs in: systemctl enable --now parley-pulse; "
                        + "docs/Service.md has the other ways")
            ]
        }
        return [
            .good(
                "sound server \(gateway.server) at \(gateway.socket), used by the gateway as user "
                    + gateway.userName)
        ] + findings(gateway.devices, .source, prefix: gateway.prefix)
            + findings(gateway.devices, .sink, prefix: gateway.prefix)
    }

    /// Nothing when the server asks for no cookie of us: its own user is always let in.
    static func cookie(_ identity: ServerIdentity) -> [Finding] {
        guard !identity.cookiePath.isEmpty else { return [] }
        guard !identity.isCookieReadable else {
            return [.good("cookie \(identity.cookiePath) can be read")]
        }
        return [
            .note(
                "cookie \(identity.cookiePath) can't be read",
                why: "the server of another user lets in only who shows its cookie, or is in its "
                    + "group",
                remedy: "put the gateway's user into group pulse-access, or name a cookie that it "
                    + "can read by PULSE_COOKIE in its environment")
        ]
    }

    /// Whether a Bluetooth device is in the mode for calls: 8 or 16 kHz, one channel.
    static func isPhoneQuality(_ device: AudioDevice) -> Bool {
        let properties = device.properties
        let isBluetooth =
            properties["device.bus"] == "bluetooth" || properties["device.api"] == "bluez5"
            || device.name.contains("bluez")
        let profile =
            (properties["bluetooth.protocol"] ?? "") + (properties["api.bluez5.profile"] ?? "")
        return isBluetooth
            && (device.rateHz <= 16_000 || profile.contains("headset")
                || profile.contains("handsfree"))
    }

    private static func absent(_ status: ServerStatus) -> Finding {
        let identity = status.identity
        return .problem(
            "no sound server for user \(identity.uid)",
            why: "\(status.summary) (looked at \(identity.candidates.joined(separator: ", ")), by "
                + "\(identity.origin))",
            remedy: "start it as this user (systemctl --user start pipewire-pulse or pulseaudio), "
                + "or run the gateway as the user who has it; sound servers belong to a login, so a "
                + "service needs one too: loginctl enable-linger")
    }

    /// What can be wrong with the devices of one kind. Pure.
    ///
    /// - Parameter prefix: what goes before `pactl`.
    static func findings(
        _ devices: [AudioDevice], _ kind: AudioDevice.Kind, prefix: String = ""
    ) -> [Finding] {
        let word = kind == .source ? "microphone" : "speaker"
        guard let device = devices.first(where: { $0.kind == kind && $0.isDefault }) else {
            return [
                .problem(
                    "no default \(word)", why: "the sound server has none",
                    remedy:
                        "plug one in, or choose one: \(prefix)pactl set-default-\(kind.rawValue) NAME"
                )
            ]
        }
        let name = "\(device.description) (\(device.name))"
        var findings: [Finding] = []
        if device.isMuted {
            findings.append(
                .problem(
                    "the default \(word) is muted", why: name,
                    remedy: "\(prefix)pactl set-\(kind.rawValue)-mute \(device.name) 0"))
        } else if device.volume < 0.01 {
            findings.append(
                .problem(
                    "the default \(word) is turned down to nothing", why: name,
                    remedy: "\(prefix)pactl set-\(kind.rawValue)-volume \(device.name) 80%"))
        }
        if kind == .source, device.isMonitor {
            findings.append(
                .problem(
                    "the default microphone is what a speaker plays", why: name,
                    remedy:
                        "choose a real one: \(prefix)pactl set-default-source NAME, or name it in "
                        + "audio.source"))
        }
        if isPhoneQuality(device) {
            findings.append(
                .warning(
                    "the default \(word) is a Bluetooth device in phone quality",
                    why:
                        "\(name), \(device.rateHz) Hz: a headset can play well or listen, not both",
                    remedy:
                        "use another microphone and: \(prefix)pactl set-card-profile CARD a2dp-sink "
                        + "(pactl list cards short names it)"))
        }
        if device.state == .suspended {
            findings.append(
                .note(
                    "the default \(word) is suspended", why: "nobody uses it now; that is usual"))
        }
        if findings.allSatisfy({ $0.grade != .problem }) {
            findings.insert(
                .good("\(word): \(name), \(device.rateHz) Hz, \(device.channels) channels"), at: 0)
        }
        return findings
    }
}
