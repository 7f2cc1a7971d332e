import FakeTransportHost
import ICE
import JSON
import ParleyTransport
import PeerConnection
import Testing

/// Calls that may use nothing but a relay, with coturn as the relay.
@Suite(.enabled(if: TurnServer.isInstalled)) struct RelayTests {
    typealias Transport = ICEConfiguration.TurnServer.Transport

    @Test(arguments: [Transport.udp, .tcp, .tls])
    func `a call goes through the relay`(transport: Transport) throws {
        let server = try TurnServer()
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop) {
                $0.ice.turnServers = [server.address(transport)]
                $0.ice.isRelayOnly = true
                $0.relayAuthorities = server.certificate
            }
            defer { pair.close() }
            try pair.negotiate()
            pair.answerer.onCandidate = { [unowned pair] in pair.offerer.addRemoteCandidate($0) }
            #expect(
                host.run {
                    pair.offerer.state == .connected && pair.answerer.state == .connected
                })
            #expect(
                pair.offerer.statistics["localCandidate"]?["candidateType"]?.stringValue == "relay")
            pair.offerer.send(.rtp, rtp(1))
            #expect(host.run { pair.media[.answerer]?.count == 1 })
            #expect(pair.log.isEmpty)
        }
    }

    @Test func `a relay whose certificate nobody vouches for is not used, and the log says so`()
        throws
    {
        let server = try TurnServer()
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop) {
                $0.ice.turnServers = [server.address(.tls)]
                $0.ice.isRelayOnly = true
            }
            defer { pair.close() }
            try pair.negotiate()
            #expect(host.run { !pair.log.isEmpty })
            #expect(pair.log.first?.contains("certificate is refused") == true)
            #expect(pair.offerer.localDescription?.contains("candidate:") == false)
        }
    }

    @Test func `a wrong password gives no candidate`() throws {
        let server = try TurnServer()
        try FakeTransportHost.withLoop { host, loop in
            var hasGathered = false
            let pair = try Pair(host, loop) {
                var address = server.address(.udp)
                address.password = "wrong"
                $0.ice.turnServers = [address]
                $0.ice.isRelayOnly = true
            }
            defer { pair.close() }
            pair.offerer.onGatheringDone = { hasGathered = true }
            _ = try pair.offerer.offer()
            #expect(host.run { hasGathered })
            #expect(pair.offerer.localDescription?.contains("candidate:") == false)
        }
    }
}

extension TurnServer {
    func address(_ transport: RelayTests.Transport) -> ICEConfiguration.TurnServer {
        ICEConfiguration.TurnServer(
            host: transport == .tls ? "localhost" : "127.0.0.1",
            port: transport == .tls ? tlsPort : port, transport: transport, username: "me",
            password: "secret")
    }
}
