import FakeTransportHost
import ICE
import ParleyTransport
import Testing

@Suite struct CandidateTests {
    @Test(arguments: [
        "", "candidate", "candidate:", "a=candidate:1 1 UDP", "candidate:1 1 UDP x y z typ host",
        "candidate:1 1 UDP 1 example.local 9 typ host",
        "candidate:1 1 UDP 1 name.invalid 9 typ host",
        "candidate:1 2 UDP 1 127.0.0.1 9 typ host", "candidate:1 1 SCTP 1 127.0.0.1 9 typ host",
        "candidate:1 1 UDP 1 127.0.0.1 9 typ other", "candidate:1 1 UDP 1 127.0.0.1 9 typ",
        "candidate:" + String(repeating: "x", count: 5_000) + " 1 UDP 1 127.0.0.1 9 typ host",
    ])
    func `what is no usable candidate is left out`(attribute: String) throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            try pair.exchangeCredentials()
            try pair.one.gather()
            #expect(!pair.one.addRemote(attribute))
        }
    }

    @Test func `a candidate tells what SDP wants to know`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            try pair.one.gather()
            let candidate = try #require(pair.one.localCandidates.first)
            #expect(candidate.kind == .host)
            #expect(candidate.transport == .udp)
            #expect(candidate.address == "127.0.0.1")
            #expect(candidate.attribute.hasPrefix("candidate:"))
            #expect(candidate.attribute.contains(" 127.0.0.1 \(candidate.port) typ host"))
        }
    }

    @Test func `ports of host candidates stay in their range`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop) { $0.ports = 47_000...47_200 }
            defer { pair.close() }
            try pair.one.gather()
            #expect((47_000...47_200).contains(try #require(pair.one.localCandidates.first).port))
        }
    }

    @Test func `no address at all is a fault that says so`() throws {
        try FakeTransportHost.withLoop { _, loop in
            var configuration = ICEConfiguration(role: .controlling)
            configuration.usesIPv4 = false
            configuration.usesIPv6 = false
            #expect(throws: ICEFault.self) {
                _ = try ICEAgent(configuration, context: ICEContext(), loop: loop)
            }
        }
    }
}
