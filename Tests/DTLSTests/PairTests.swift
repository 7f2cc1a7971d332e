import Testing

@testable import DTLS

/// Our two ends against each other; the call's tests have peers of other makes.
@Suite struct PairTests {
    @Test func bothEndsGetTheSameKeysCrossed() throws {
        let pair = try Pair()
        pair.shakeHands()
        #expect(pair.events == [.client: ["aeadAES128GCM"], .server: ["aeadAES128GCM"]])
        #expect(pair.largest <= DTLSAssociation.mtu)
        guard let client = pair.client.takeKeyingMaterial(),
            let server = pair.server.takeKeyingMaterial()
        else {
            Issue.record("no keys")
            return
        }
        let up = client.withSendingKey { Array($0) }
        let down = client.withReceivingKey { Array($0) }
        #expect(up.count == 28)
        #expect(up != down)
        #expect(server.withReceivingKey { Array($0) } == up)
        #expect(server.withSendingKey { Array($0) } == down)
        let isSecond = pair.client.takeKeyingMaterial() == nil
        #expect(isSecond, "keys are given once")
    }

    @Test(arguments: SRTPProfile.allCases)
    func everyProfileCanBeAgreedOn(profile: SRTPProfile) throws {
        let pair = try Pair(profiles: [profile])
        pair.shakeHands()
        #expect(pair.events[.client] == ["\(profile)"])
        let keyBytes = pair.client.takeKeyingMaterial()?.withSendingKey { $0.count }
        #expect(keyBytes == profile.keyBytes + profile.saltBytes)
    }

    @Test func applicationDataGoesBothWays() throws {
        let pair = try Pair()
        #expect(!pair.client.send([1, 2, 3]))
        pair.shakeHands()
        #expect(pair.client.send([1, 2, 3]))
        #expect(pair.server.send([UInt8](repeating: 9, count: 1_100)))
        #expect(!pair.server.send([]))
        pair.settle()
        #expect(pair.data[.server] == [[1, 2, 3]])
        #expect(pair.data[.client] == [[UInt8](repeating: 9, count: 1_100)])
    }

    @Test(arguments: [DTLSAssociation.Role.client, .server])
    func aForeignCertificateGetsNeitherKeysNorData(who: DTLSAssociation.Role) throws {
        let foreign = try DTLSCertificate().fingerprint
        let pair = try Pair(
            clientExpects: who == .client ? foreign : nil,
            serverExpects: who == .server ? foreign : nil)
        pair.shakeHands()
        #expect(pair.events[who] == ["fingerprint"])
        let deceived = who == .client ? pair.client : pair.server
        let other = who == .client ? pair.server : pair.client
        let hasKeys = deceived.takeKeyingMaterial() != nil
        #expect(!hasKeys)
        #expect(!deceived.send([1]))
        _ = other.send([1, 2])
        pair.settle()
        #expect(pair.data[who] == nil)
    }

    @Test func aLostFlightIsSaidAgain() throws {
        let pair = try Pair()
        // The first hello is lost.
        pair.arrives = { $0 != 1 }
        pair.shakeHands()
        #expect(pair.events.isEmpty)
        let due = try #require(pair.client.nextDueNs)
        #expect(due > pair.nowNs)
        // OpenSSL's own clock has to get there too: it looks at the machine's.
        while pair.client.nextDueNs != nil, pair.sent < 2 {
            pair.nowNs = max(pair.nowNs, pair.client.nextDueNs ?? 0)
            pair.client.advance(nowNs: pair.nowNs)
            pair.settle()
        }
        #expect(pair.events == [.client: ["aeadAES128GCM"], .server: ["aeadAES128GCM"]])
        #expect(pair.client.nextDueNs == nil)
    }

    @Test func garbageAndForeignHellosChangeNothing() throws {
        let pair = try Pair()
        let stranger = try Pair()
        stranger.client.start(nowNs: 1)
        guard case .send(let hello) = stranger.client.nextEffect() else {
            Issue.record("no hello")
            return
        }
        pair.shakeHands()
        var seed: UInt64 = 1
        for count in 0..<300 {
            let noise = (0..<count).map { _ -> UInt8 in
                seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: seed >> 33)
            }
            // Like a record of DTLS, and not at all.
            pair.server.receive([23, 0xfe, 0xfd] + noise)
            pair.server.receive(noise)
        }
        pair.server.receive(hello)
        pair.settle()
        #expect(pair.client.send([7]))
        pair.settle()
        #expect(pair.data[.server] == [[7]])
        #expect(pair.events[.server] == ["aeadAES128GCM"])
    }

    @Test func goodbyeIsHeard() throws {
        let pair = try Pair()
        pair.shakeHands()
        pair.client.close()
        pair.settle()
        #expect(pair.events[.server] == ["aeadAES128GCM", "closed"])
        #expect(!pair.client.send([1]))
        #expect(!pair.server.send([1]))
    }
}

extension DTLSAssociation {
    func send(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { send($0) } }
}
