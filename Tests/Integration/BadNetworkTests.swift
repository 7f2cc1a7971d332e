import Control
import JSON
import Testing

/// Calls between two daemons over a line that loses, delays and reorders, is cut, and changes.
@Suite(.serialized, .enabled(if: BadNetwork.isPossible, "network namespaces need root"))
struct BadNetworkTests {
    @Test func aCallGoesOnOverABadLine() throws {
        let network = try BadNetwork()
        try network.call()
        try network.set(["seed": 7, "lossPercent": 5, "delayMs": 20, "jitterMs": 30])
        #expect(try network.likeness() > 0.8)

        // Every key is heard, once.
        _ = try network.far.client.call(
            "session.sendDtmf", ["session": "call", "digits": "0123456789"])
        var digits = ""
        while digits.count < 10 {
            digits += try network.near.event("dtmf")["data"]?["digits"]?.stringValue ?? ""
        }
        #expect(digits == "0123456789")

        // Either end knows what was lost: by its own count, and by what the other reports.
        func figures(_ sessions: WebRTCSessions) throws -> JSONValue? {
            try sessions.client.call("sessions.get", ["session": "call"])["peerStatistics"]
        }
        try network.near.daemon.until("the losses are known") {
            let near = try figures(network.near)
            let far = try figures(network.far)
            return (near?["inboundRtp"]?["packetsLost"]?.integerValue ?? 0) > 0
                && (near?["inboundRtp"]?["jitter"]?.numberValue ?? 0) > 0.001
                && (far?["remoteInboundRtp"]?["packetsLost"]?.integerValue ?? 0) > 0
                && (far?["remoteInboundRtp"]?["roundTripTime"]?.numberValue ?? 0) > 0.04
        }
        // What was late has not made the delay grow for good.
        try network.set([:])
        #expect(try network.likeness() > 0.9)
    }

    @Test func anotherAddressLeadsToAnotherWay() throws {
        let network = try BadNetwork()
        try network.call()
        #expect(try network.likeness(seconds: 2) > 0.9)
        try network.set(["move": "10.77.0.3"])
        try network.carry { near, far in near == "disconnected" || far == "disconnected" }
        try network.carry { near, far in near == "connected" }
        #expect(try network.likeness() > 0.9)
        let figures = try network.near.client.call("sessions.get", ["session": "call"])
        #expect(figures["state"] == "connected")
    }

    @Test func aLineThatComesBackInTimeIsTheSameCall() throws {
        let network = try BadNetwork()
        try network.call()
        try network.set(["cut": true])
        try network.carry { near, far in near == "disconnected" && far == "disconnected" }
        try network.set(["cut": false])
        try network.carry { near, far in near == "connected" && far == "connected" }
        #expect(try network.likeness() > 0.9)
    }

    @Test func aPeerThatVanishesIsReportedInASentence() throws {
        let network = try BadNetwork()
        try network.call()
        try network.set(["cut": true])
        let event = try network.near.event("connection_change") {
            $0["data"]?["status"] != "connected" && $0["data"]?["reason"] != nil
        }
        #expect(
            event["data"]?["reason"]?.stringValue?.contains("way to the peer was lost") == true,
            "\(event)")
        #expect(
            try network.near.client.call("sessions.get", ["session": "call"])["state"]
                != "connected")
    }

    /// By TLS, with a token; the restart goes by PATCH.
    @Test func aWHIPCallFindsAnotherWayWhereTheAddressChanges() throws {
        let authority = try TestAuthority()
        let files = try authority.certificate("IP:10.77.0.2")
        let network = try BadNetwork(
            config: """
                [transports.webrtc]
                tlsCertificate = "\(files[1])"
                tlsKey = "\(files[3])"
                caFile = "\(authority.file)"
                """)
        let url = try network.far.listen([
            "listenAddress": "10.77.0.2:0", "bearerToken": "sk-canary-whip",
            "addresses": .array([]),
        ])
        #expect(url.hasPrefix("https://10.77.0.2:"))
        try network.near.create(
            "call",
            [
                "signalling": "whip", "url": .string(url + "whip"), "addresses": .array([]),
                "bearerToken": "sk-canary-whip",
            ], wait: true)
        let caller = try network.far.caller()
        #expect(try network.likeness(seconds: 2, mouth: caller) > 0.9)
        try network.set(["move": "10.77.0.3"])
        try network.carry { near, _ in near == "disconnected" }
        try network.carry { near, _ in near == "connected" }
        #expect(try network.likeness(mouth: caller) > 0.9)
        let state = try network.near.client.call("sessions.get", ["session": "call"])["state"]
        #expect(state == "connected")
    }
}
