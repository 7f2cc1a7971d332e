import PulseAudio
import Testing

@testable import parleyctl

@Suite("What is wrong with a device, and with there being none")
struct DeviceJudgementTests {
    private func device(
        _ kind: AudioDevice.Kind = .source, name: String = "dev", muted: Bool = false,
        volume: Double = 1, monitor: Bool = false, isDefault: Bool = true,
        state: AudioDevice.State = .idle
    ) -> AudioDevice {
        AudioDevice(
            kind: kind, index: 1, name: name, description: "Device", properties: [:],
            state: state, rateHz: 48_000, channels: 2, volume: volume, isMuted: muted,
            isMonitor: monitor, isDefault: isDefault)
    }

    private func judge(
        _ devices: [AudioDevice], _ kind: AudioDevice.Kind = .source, by entries: [String]? = nil
    ) -> [Finding] {
        let findings = DeviceJudgement(
            devices: devices, kind: kind, preferences: [DevicePreference(entries ?? ["default"])]
        ).findings
        _ = grades(findings)
        return findings
    }

    @Test("a device that works is good")
    func good() {
        #expect(judge([device()]) == [.good("microphone: Device (dev), 48000 Hz, 2 channels")])
    }

    @Test("no default, muted, silent and monitors are problems with a remedy")
    func problems() {
        for devices in [
            [], [device(isDefault: false)], [device(muted: true)], [device(volume: 0)],
            [device(monitor: true)], [device(.sink)],
        ] {
            #expect(judge(devices).map(\.grade) == [.problem], "\(devices)")
        }
        #expect(
            judge([device(muted: true)]).first?.remedy == "pactl set-source-mute dev 0")
        #expect(
            judge([device(isDefault: false)]).first?.remedy?.command
                == "pactl set-default-source dev")
    }

    @Test("a monitor that is the default: a real microphone in its place, where there is one")
    func monitor() {
        let monitor = device(name: "a.monitor", monitor: true)
        #expect(judge([monitor]).first?.what == "the default microphone is what a speaker plays")
        #expect(judge([monitor]).first?.remedy?.command == "pactl list short sources")
        let real = device(name: "b", isDefault: false)
        #expect(judge([monitor, real]).first?.remedy?.command == "pactl set-default-source b")
        // Named as it is, it is taken.
        #expect(judge([monitor], by: ["a.monitor"]).map(\.grade) == [.good, .warning])
        // Naming a real one mends it.
        #expect(judge([monitor, real], by: ["b"]).map(\.grade) == [.good, .note])
    }

    @Test("a device that config names and that is not there")
    func missing() {
        let findings = judge([device()], by: ["jabra*"])
        #expect(findings.map(\.grade) == [.problem])
        #expect(findings.first?.what == "no microphone is \"jabra*\"")
        #expect(
            findings.first?.remedy
                == Remedy("parleyctl devices", "name one of them in audio.source"))
    }

    @Test("a suspended device is usual")
    func suspended() {
        let findings = judge([device(state: .suspended)])
        #expect(findings.map(\.grade) == [.good, .note])
        #expect(findings.last?.what == "the default microphone is suspended")
        // And not worth a word where it is not used.
        let other = device(name: "other", isDefault: false)
        #expect(judge([device(state: .suspended), other], by: ["other"]).map(\.grade) == [.good])
    }

    @Test(
        "Bluetooth in the mode for calls",
        arguments: [
            ("bluez_sink.00_1B_66_AA_BB_CC.x", 8_000, ["device.bus": "bluetooth"], "a2dp_sink"),
            (
                "bluez_output.00_1B_66_AA_BB_CC.1", 48_000,
                ["api.bluez5.profile": "headset-head-unit"], "a2dp-sink"
            ),
            ("bluez_sink.00_1B_66_AA_BB_CC.x", 44_100, ["bluetooth.protocol": "a2dp_sink"], nil),
            ("alsa_output.pci", 16_000, [:], nil),
        ] as [(String, Int, [String: String], String?)])
    func bluetooth(
        _ name: String, _ rateHz: Int, _ properties: [String: String], _ profile: String?
    ) {
        let headset = AudioDevice(
            kind: .sink, index: 1, name: name, properties: properties, rateHz: rateHz, channels: 1,
            isDefault: true)
        let findings = judge([headset], .sink)
        #expect(findings.map(\.grade) == (profile == nil ? [.good] : [.good, .warning]))
        #expect(
            findings.last?.remedy?.command
                == profile.map {
                    "pactl set-card-profile bluez_card.00_1B_66_AA_BB_CC \($0)"
                })
    }
}
