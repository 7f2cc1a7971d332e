import PulseAudio

/// What can be wrong with the devices of one kind that a gateway goes by. Pure.
struct DeviceJudgement {
    /// All that the sound server has.
    var devices: [AudioDevice]
    var kind: AudioDevice.Kind
    var preferences = [DevicePreference()]
    /// What goes before `pactl`.
    var prefix = ""
    /// False where ``AudioDevice/properties`` are those of another user, who keeps them.
    var knowsProperties = true

    private var word: String { kind == .source ? "microphone" : "speaker" }

    var findings: [Finding] {
        var used: Set<String> = []
        var findings: [Finding] = []
        for preference in preferences {
            if !knowsProperties, preference.entries.contains(where: { $0.contains("=") }) {
                findings.append(unseen(preference))
            } else if let device = preference.pick(from: devices, kind: kind) {
                if used.insert(device.name).inserted { findings += judged(device) }
            } else {
                findings.append(missing(preference))
            }
        }
        if let idle = devices.first(where: { $0.kind == kind && $0.isDefault }),
            !used.isEmpty, !used.contains(idle.name)
        {
            findings += faults(idle).filter { $0.grade > .note }.map {
                .note("\($0.what), and is not used", why: $0.why, remedy: $0.remedy)
            }
        }
        return findings
    }

    private func judged(_ device: AudioDevice) -> [Finding] {
        let faults = faults(device)
        guard faults.allSatisfy({ $0.grade != .problem }) else { return faults }
        let good = Finding.good(
            "\(word): \(name(device)), \(device.rateHz) Hz, \(device.channels) channels")
        return [good] + faults
    }

    private func name(_ device: AudioDevice) -> String { "\(device.description) (\(device.name))" }

    // MARK: None

    private func unseen(_ preference: DevicePreference) -> Finding {
        .note(
            "which \(word) \"\(preference)\" comes to can't be seen from here",
            why: "the properties of devices are known to the gateway's user",
            remedy: "\(prefix)parleyctl doctor")
    }

    private func missing(_ preference: DevicePreference) -> Finding {
        let present = devices.filter { $0.kind == kind }
        let real = present.filter { !$0.isMonitor }.map(\.name).sorted().first
        let followsDefault = preference.entries.contains("default")
        let monitor = present.first { $0.isDefault && $0.isMonitor }
        var remedy = Remedy("\(prefix)pactl list short \(kind.rawValue)s", "plug one in")
        if let real {
            remedy =
                followsDefault
                ? Remedy(
                    "\(prefix)pactl set-default-\(kind.rawValue) \(Remedy.word(real))",
                    "or name another in audio.\(kind.rawValue)")
                : Remedy("parleyctl devices", "name one of them in audio.\(kind.rawValue)")
        }
        if followsDefault, let monitor {
            return .problem(
                "the default \(word) is what a speaker plays", why: name(monitor), remedy: remedy)
        }
        return .problem(
            preference == DevicePreference()
                ? "no default \(word)" : "no \(word) is \"\(preference)\"",
            why: preference.absence(among: devices, kind: kind), remedy: remedy)
    }

    // MARK: One

    private func faults(_ device: AudioDevice) -> [Finding] {
        let subject = device.isDefault ? "the default \(word)" : "the \(word) \(device.description)"
        let set = "\(prefix)pactl set-\(kind.rawValue)"
        var faults: [Finding] = []
        if device.isMuted {
            faults.append(
                .problem(
                    "\(subject) is muted", why: name(device),
                    remedy: "\(set)-mute \(Remedy.word(device.name)) 0"))
        } else if device.volume < 0.01 {
            faults.append(
                .problem(
                    "\(subject) is turned down to nothing", why: name(device),
                    remedy: "\(set)-volume \(Remedy.word(device.name)) 80%"))
        }
        if device.isMonitor {
            faults.append(
                .warning(
                    "\(subject) is what a speaker plays",
                    why: "\(name(device)): it hears no room",
                    remedy: Remedy("parleyctl devices", "name a microphone in audio.source")))
        }
        if device.isInTelephoneMode {
            faults.append(
                .warning(
                    "\(subject) is a Bluetooth device in phone quality",
                    why: "\(name(device)), \(device.rateHz) Hz: a headset can play well or listen, "
                        + "not both",
                    remedy: musicMode(device)))
        }
        if device.state == .suspended {
            faults.append(
                .note("\(subject) is suspended", why: "nobody uses it now; that is usual"))
        }
        return faults
    }

    /// The card's name ends in the address that the device's name holds: `bluez_card.00_1B_66_AA_BB_CC`.
    private func musicMode(_ device: AudioDevice) -> Remedy {
        let address = device.name.split(separator: ".").first { part in
            part.utf8.count == 17 && part.split(separator: "_").count == 6
        }
        let words = "and name another microphone in audio.source"
        guard let address else {
            return Remedy(
                "\(prefix)pactl list short cards", "set-card-profile CARD a2dp-sink; \(words)")
        }
        let isPipeWire = ["bluez_input.", "bluez_output."].contains { device.name.hasPrefix($0) }
        let profile = isPipeWire ? "a2dp-sink" : "a2dp_sink"
        return Remedy("\(prefix)pactl set-card-profile bluez_card.\(address) \(profile)", words)
    }
}
