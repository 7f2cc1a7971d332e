import Testing

@testable import PulseAudio

@Suite struct DevicePreferenceTests {
    let devices = [
        AudioDevice(
            kind: .sink, index: 1, name: "alsa_output.pci", description: "Built-in Audio",
            properties: ["device.bus": "pci"], isDefault: true),
        AudioDevice(
            kind: .sink, index: 9, name: "alsa_output.usb-Jabra_B", description: "Jabra Speak 510",
            properties: ["device.bus": "usb"]),
        AudioDevice(
            kind: .sink, index: 4, name: "alsa_output.usb-Jabra_A", description: "Jabra Speak 750",
            properties: ["device.bus": "usb"]),
        AudioDevice(
            kind: .source, index: 2, name: "alsa_output.pci.monitor", description: "Monitor",
            isMonitor: true, isDefault: true),
        AudioDevice(kind: .source, index: 3, name: "alsa_input.usb-Jabra", description: "Jabra"),
    ]

    @Test(
        arguments: [
            (["default"], "alsa_output.pci"),
            ([], "alsa_output.pci"),
            (["alsa_output.usb-*", "default"], "alsa_output.usb-Jabra_A"),
            (["Jabra Speak 510", "default"], "alsa_output.usb-Jabra_B"),
            (["device.bus=usb"], "alsa_output.usb-Jabra_A"),
            (["*"], "alsa_output.pci"),
            (["gone*", "alsa_output.usb-Jabra_B", "default"], "alsa_output.usb-Jabra_B"),
            (["gone*"], nil),
            (["alsa_output"], nil),
            (["device.bus=firewire"], nil),
        ] as [([String], String?)])
    func picksTheFirstEntryThatIsPresent(_ entries: [String], _ name: String?) {
        #expect(DevicePreference(entries).pick(from: devices, kind: .sink)?.name == name)
    }

    @Test(
        arguments: [
            (["default"], nil), (["*"], "alsa_input.usb-Jabra"), (["*.monitor"], nil),
            (["alsa_output.pci.monitor"], "alsa_output.pci.monitor"),
            (["Monitor"], nil),
        ] as [([String], String?)])
    func takesAMonitorOnlyByItsName(_ entries: [String], _ name: String?) {
        #expect(DevicePreference(entries).pick(from: devices, kind: .source)?.name == name)
    }

    @Test func saysWhyThereIsNone() {
        let text = DevicePreference().absence(among: devices, kind: .source)
        #expect(text.contains("hears a sink and not a room"))
        let other = DevicePreference(["x"]).absence(among: devices, kind: .source)
        #expect(other == "no source fits \"x\": there are alsa_input.usb-Jabra")
    }

    @Test(arguments: [
        ("", "", true), ("*", "", true), ("a*c", "abc", true), ("a*c", "abd", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("*b*b*", "abcb", true), ("**", "x", true),
        ("*ab", "aab", true), ("a", "ab", false), ("Ä*", "Ärger", true),
    ])
    func globs(_ pattern: String, _ text: String, _ matches: Bool) {
        #expect(Glob(pattern: pattern).matches(text) == matches)
    }
}

@Suite struct ServerAddressTests {
    let nothing: (String) -> String? = { _ in nil }

    @Test func configurationWinsOverEnvironment() {
        let environment: (String) -> String? = { $0 == "PULSE_SERVER" ? "unix:/b" : nil }
        let configured = ServerAddress(configured: "/a unix:/c", environment: environment)
        #expect(configured.socketPaths == ["/a", "/c"])
        #expect(ServerAddress(environment: environment).socketPaths == ["/b"])
        #expect(ServerAddress(environment: environment).origin == "PULSE_SERVER")
    }

    @Test(arguments: ["tcp:host:4713", "host", "tcp4:1.2.3.4", "{id}tcp:x"])
    func refusesWhatIsNoSocket(_ server: String) {
        let address = ServerAddress(configured: server, environment: nothing)
        #expect(address.socketPaths.isEmpty)
        #expect(address.refusal?.contains("refuses tcp: servers") == true)
    }

    @Test func looksWhereLibpulseDoes() {
        let user = ServerAddress(
            environment: { $0 == "XDG_RUNTIME_DIR" ? "/run/user/7" : nil }, clientConfiguration: nil
        )
        #expect(user.socketPaths == ["/run/user/7/pulse/native", "/run/pulse/native"])
    }

    @Test func readsClientConfiguration() {
        let text = "# default-server = no\n default-server = unix:/x ; why\nautospawn = no\n"
        let address = ServerAddress(environment: nothing, clientConfiguration: text)
        #expect(address.socketPaths == ["/x"])
        #expect(address.origin == "client.conf")
    }
}
