import Testing

@testable import TransportHosting

@Suite struct SearchOrderTests {
    @Test func flagsComeBeforeEnvironmentConfigAndTheRest() {
        let found = TransportDirectory.search(
            flags: ["/flag/", "/flag"], trusted: ["/mine"], configured: ["/config", "/env2"],
            environment: ["PARLEY_TRANSPORT_PATH": "/env1:/env2:", "XDG_DATA_HOME": "/data"].lookup,
            programDirectory: "/opt/parley/bin")
        #expect(
            found.map(\.path) == [
                "/flag", "/mine", "/env1", "/env2", "/config", "/opt/parley/lib/parley/transports",
                "/usr/local/lib/parley/transports", "/data/parley/transports",
            ])
        #expect(found.filter(\.isTrusted).map(\.path) == ["/mine"])
    }
}

extension [String: String] {
    fileprivate func lookup(_ name: String) -> String? { self[name] }
}
