import PulseAudio
import Testing

@testable import parleyctl

@Suite("The doctor's findings say what, why and what to do")
struct FindingTests {
    private func device(
        _ kind: AudioDevice.Kind, muted: Bool = false, volume: Double = 1, monitor: Bool = false,
        isDefault: Bool = true
    ) -> AudioDevice {
        AudioDevice(
            kind: kind, index: 1, name: "dev", description: "Device", properties: [:],
            state: .idle, rateHz: 48_000, channels: 2, volume: volume, isMuted: muted,
            isMonitor: monitor, isDefault: isDefault)
    }

    @Test("a device that works is good")
    func good() {
        #expect(
            SoundCheck.findings([device(.source)], .source)
                == [.good("microphone: Device (dev), 48000 Hz, 2 channels")])
    }

    @Test("no default, muted, silent and monitors are problems with a remedy")
    func problems() {
        for devices in [
            [], [device(.source, isDefault: false)], [device(.source, muted: true)],
            [device(.source, volume: 0)], [device(.source, monitor: true)], [device(.sink)],
        ] {
            let findings = SoundCheck.findings(devices, .source)
            #expect(findings.map(\.grade) == [.problem], "\(devices)")
            #expect(findings.first?.remedy?.isEmpty == false)
        }
    }

    @Test("a finding has the remedy below what is found")
    func lines() {
        let finding = Finding.problem("a", why: "b", remedy: "c")
        #expect(finding.lines == ["problem a", "        why: b", "        do:  c"])
    }
}
