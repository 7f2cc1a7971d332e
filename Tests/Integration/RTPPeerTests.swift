import Foundation
import JSON
import Testing

/// Plain RTP with somebody else's program at the other end: ffmpeg speaks and listens.
@Suite(.serialized) struct RTPPeerTests {
    struct Codec: Sendable, CustomTestStringConvertible {
        var name: String
        var payloadType: Int
        /// For ffmpeg to speak.
        var arguments: [String]
        /// Keeps packets of ffmpeg at 20 ms, where its own idea of a packet is as long as the network takes.
        var query = ""
        /// For ffmpeg to listen.
        var map: String
        var options: JSONObject = [:]

        var testDescription: String { name }
    }

    static let codecs = [
        Codec(
            name: "pcmu", payloadType: 0, arguments: ["pcm_mulaw", "-ar", "8000"],
            query: "?pkt_size=172", map: "PCMU/8000"),
        Codec(
            name: "pcma", payloadType: 8, arguments: ["pcm_alaw", "-ar", "8000"],
            query: "?pkt_size=172", map: "PCMA/8000"),
        Codec(
            name: "opus", payloadType: 111,
            arguments: ["libopus", "-ar", "48000", "-ac", "1", "-payload_type", "111"],
            map: "opus/48000/2"),
        Codec(
            name: "l16", payloadType: 96,
            arguments: ["pcm_s16be", "-ar", "16000", "-payload_type", "96"],
            query: "?pkt_size=652", map: "L16/16000", options: ["l16Rate": 16_000]),
    ]

    private static var rate: Int { RTPSessions.rate }

    @Test(arguments: codecs) func weHearWhatFFmpegSays(codec: Codec) throws {
        let sessions = try RTPSessions()
        var options = codec.options
        options["codec"] = .string(codec.name)
        options["latch"] = true
        let address = try sessions.create("near", options)
        let program = try sessions.program("near")
        let sound = Chirp.samples(from: 250, to: 1_000)
        let peer = try FFmpeg(
            speaking: sound + sound + sound, codec: codec.arguments,
            to: "rtp://\(address)\(codec.query)")
        let heard = program.read(samples: 3 * Self.rate)
        #expect(Chirp.likeness(sound, in: heard) > 0.9, "ffmpeg said: \(peer.log)")
        try sessions.daemon.until("its report is counted") {
            let inbound = try sessions.statistics("near")?["inboundRtp"]
            return inbound?["packetsReceived"]?.integerValue ?? 0 > 50
                && inbound?["packetsLost"]?.integerValue == 0
        }
    }

    @Test(arguments: codecs) func ffmpegHearsWhatWeSay(codec: Codec) throws {
        let sessions = try RTPSessions()
        let port = try DatagramPeer.freePair()
        let peer = try FFmpeg(
            hearing: """
                v=0
                o=- 1 1 IN IP4 127.0.0.1
                s=-
                c=IN IP4 127.0.0.1
                t=0 0
                m=audio \(port) RTP/AVP \(codec.payloadType)
                a=rtpmap:\(codec.payloadType) \(codec.map)

                """, seconds: 2)
        var options = codec.options
        options["codec"] = .string(codec.name)
        options["remoteAddress"] = .string("127.0.0.1:\(port)")
        _ = try sessions.create("near", options)
        let program = try sessions.program("near")
        let sound = Chirp.samples(from: 250, to: 1_000)
        // Until it has heard two seconds; it takes one to find out what it hears.
        let loud = Array(repeating: sound, count: 20).flatMap { $0 }
        program.write(loud)
        #expect(Chirp.likeness(sound, in: try peer.heard()) > 0.9)
    }
}
