import Control
import Foundation
import JSON
import Testing

/// Plain RTP with keys that both sides were given (SDES).
@Suite(.serialized) struct RTPEncryptionTests {
    private static var rate: Int { RTPSessions.rate }

    /// base64 of a key and salt.
    private static func key(_ profile: String, _ seed: UInt8) -> String {
        let count =
            switch profile {
            case "AEAD_AES_256_GCM": 44
            case "AEAD_AES_128_GCM": 28
            default: 30
            }
        return Data((0..<count).map { UInt8($0) &* 5 &+ seed }).base64EncodedString()
    }

    private static func options(
        _ profile: String, sends: UInt8, receives: UInt8
    ) -> JSONObject {
        [
            "codec": "pcmu", "srtp": .string(profile),
            "srtpSendKey": .string(key(profile, sends)),
            "srtpReceiveKey": .string(key(profile, receives)),
        ]
    }

    @Test(arguments: [
        "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM",
        "AEAD_AES_256_GCM",
    ])
    func bothEndsHearEachOther(profile: String) throws {
        let calls = try RTPSessions.pair(
            near: Self.options(profile, sends: 1, receives: 2),
            far: Self.options(profile, sends: 2, receives: 1))
        let (up, down) = (Chirp.samples(from: 250, to: 1_000), Chirp.samples(from: 1_100, to: 300))
        calls.far.write(up)
        let first = calls.near.read(samples: Self.rate)
        calls.far.write(up + up)
        calls.near.write(down + down)
        let ear = calls.far.readAside(samples: 3 * Self.rate)
        let heardNear = first + calls.near.read(samples: 2 * Self.rate)
        #expect(Chirp.likeness(up, in: heardNear) > 0.9)
        #expect(Chirp.likeness(down, in: ear.wait()) > 0.9)
        try calls.daemon.until("the cipher is told") {
            try calls.sessions.statistics("near")?["transport"]?["srtpCipher"]?.stringValue
                == profile
        }
    }

    @Test func whatOtherKeysProtectedIsCountedAndNeverLatchedOnTo() throws {
        let profile = "AEAD_AES_128_GCM"
        let calls = try RTPSessions.pair(
            near: Self.options(profile, sends: 1, receives: 2),
            far: Self.options(profile, sends: 3, receives: 1))
        let sound = Chirp.samples(from: 250, to: 1_000)
        calls.far.write(sound + sound)
        let heard = calls.near.read(samples: 2 * Self.rate)
        #expect(heard.allSatisfy { $0 == 0 })
        try calls.daemon.until("the forged packets are counted") {
            let statistics = try calls.sessions.statistics("near")
            return statistics?["transport"]?["packetsForged"]?.integerValue ?? 0 > 50
                && statistics?["transport"]?["remoteAddress"] == nil
        }
        // A line for the cause, not for each packet.
        let lines = calls.daemon.log.components(separatedBy: "SRTP: ").count - 1
        #expect(lines == 1)
    }

    @Test func nothingLeavesInTheClear() throws {
        let sessions = try RTPSessions()
        let phone = try DatagramPeer()
        var options = Self.options("AES_CM_128_HMAC_SHA1_80", sends: 1, receives: 2)
        options["remoteAddress"] = .string(phone.address)
        options["rtcpMux"] = true
        _ = try sessions.create("near", options)
        let program = try sessions.program("near")
        program.write([Int16](repeating: 0, count: Self.rate))
        var (audio, reports) = (0, 0)
        // Up to the goodbye, which closing brings.
        var isClosing = false
        while true {
            let packet = try #require(phone.receive())
            if (192...223).contains(packet[1]) {
                reports += 1
                // The first words name the source; behind them is cipher text, an index with its
                // E bit, a tag.
                let index = packet[packet.count - 14]
                #expect(index & 0x80 != 0, "the E bit of SRTCP")
                #expect(!packet.contains([0x81, 203, 0, 1]), "a goodbye in the clear")
                if isClosing { break }
            } else {
                audio += 1
                #expect(packet.count == 12 + 160 + 10)
                #expect(Set(packet[12..<172]).count > 50, "silence in the clear is one byte")
            }
            if audio == 40, !isClosing {
                isClosing = true
                _ = try sessions.client.call("sessions.close", ["session": "near"])
            }
        }
        #expect(reports >= 1)
    }

    @Test func missingKeysAreAskedForAndBadOnesRefused() throws {
        let sessions = try RTPSessions()
        var options = Self.options("AEAD_AES_128_GCM", sends: 1, receives: 2)
        options["remoteAddress"] = "127.0.0.1:4000"
        options["srtpReceiveKey"] = nil
        _ = try sessions.client.call(
            "sessions.create",
            [
                "transport": "webrtc", "name": "near", "local": ["kind": "stream"],
                "options": .object(options),
            ])
        let needed = try DaemonUnderTest.event("secret_needed", from: sessions.client)
        #expect(needed["data"]?["name"] == "srtpReceiveKey")
        _ = try sessions.client.call(
            "session.provideSecret",
            ["session": "near", "name": "srtpReceiveKey", "value": "too short"])
        let failed = try DaemonUnderTest.event("session_state", from: sessions.client) {
            $0["data"]?["state"] == "failed"
        }
        let reason = try #require(failed["data"]?["reason"]?.stringValue)
        #expect(reason.contains("srtpReceiveKey"))
        #expect(reason.contains("28 bytes"))
        #expect(!reason.contains("too short"))
    }

    @Test func ffmpegSpeaksAndHearsWithKeys() throws {
        let profile = "AES_CM_128_HMAC_SHA1_80"
        let sessions = try RTPSessions()
        let port = try DatagramPeer.freePair()
        let ear = try FFmpeg(
            hearing: """
                v=0
                o=- 1 1 IN IP4 127.0.0.1
                s=-
                c=IN IP4 127.0.0.1
                t=0 0
                m=audio \(port) RTP/SAVP 0
                a=rtpmap:0 PCMU/8000
                a=crypto:1 \(profile) inline:\(Self.key(profile, 1))

                """, seconds: 2)
        var options = Self.options(profile, sends: 1, receives: 2)
        options["remoteAddress"] = .string("127.0.0.1:\(port)")
        let address = try sessions.create("near", options)
        let program = try sessions.program("near")
        let (up, down) = (Chirp.samples(from: 250, to: 1_000), Chirp.samples(from: 1_100, to: 300))
        program.write(Array(repeating: down, count: 20).flatMap { $0 })
        let mouth = try FFmpeg(
            speaking: up + up + up, codec: ["pcm_mulaw", "-ar", "8000"],
            to: "srtp://\(address)?pkt_size=172",
            ["-srtp_out_suite", profile, "-srtp_out_params", Self.key(profile, 2)])
        #expect(
            Chirp.likeness(up, in: program.read(samples: 3 * Self.rate)) > 0.9, "\(mouth.log)")
        #expect(Chirp.likeness(down, in: try ear.heard()) > 0.9)
    }
}
