import DataChannel
import FakeTransportHost
import JSON
import ParleyTransport
import PeerConnection
import SDP
import Testing

@Suite(.enabled(if: AiortcPeer.python != nil)) struct AiortcTests {
    @Test func `aiortc answers our offer`() throws {
        try FakeTransportHost.withLoop { host, loop in
            try Self.call(host, loop, side: .offerer) { call, peer in
                let channel = call.openChannel(.init(label: "ours"))
                channel?.onState = { if $0 == .open { _ = channel?.send(.text("hello")) } }
                try peer.tell(["offer": .string(try call.offer())])
                #expect(host.run { peer.last("answer") != nil })
                try call.setRemoteAnswer(try #require(peer.last("answer")?.stringValue))
                return channel
            }
        }
    }

    @Test func `aiortc offers, and we answer`() throws {
        try FakeTransportHost.withLoop { host, loop in
            try Self.call(host, loop, side: .answerer) { call, peer in
                var theirs: PeerDataChannel?
                call.onChannel = {
                    theirs = $0
                    _ = $0.send(.text("hello"))
                }
                try peer.tell(["make": "offer"])
                #expect(host.run { peer.last("offer") != nil })
                let answer = try call.answer(
                    to: try #require(peer.last("offer")?.stringValue))
                try peer.tell(["answer": .string(answer)])
                #expect(host.run { theirs != nil })
                return theirs
            }
        }
    }

    /// Connects by `signal`, then speaks until both sides have heard the other, and sends a large message
    /// there and back.
    @TransportActor
    private static func call(
        _ host: FakeTransportHost, _ loop: HostLoop, side: PeerConnection.Side,
        signal: (PeerConnection, AiortcPeer) throws -> PeerDataChannel?
    ) throws {
        var configuration = PeerConnectionConfiguration.onLoopback
        configuration.trickles = false
        let call = try PeerConnection(
            configuration, side: side, resources: PeerConnectionResources(), loop: loop)
        let peer = try AiortcPeer(loop)
        defer {
            call.close()
            peer.end()
        }
        var heard = 0
        call.onMedia = { kind, _ in if kind == .rtp { heard += 1 } }
        let channel = try #require(try signal(call, peer))
        var messages: [DataChannels.Message] = []
        channel.onMessage = { messages.append($0) }
        #expect(host.run { call.state == .connected && peer.last("state") == "connected" })

        var sequence: UInt16 = 0
        let type = call.session?.audio.codecs.first?.sendPayloadType ?? 0
        var timer: HostLoop.Timer?
        timer = loop.timer {
            sequence += 1
            call.send(.rtp, silence(sequence, payloadType: type))
            timer?.arm(after: .milliseconds(20))
        }
        timer?.arm(afterNs: 0)
        defer { timer = nil }
        #expect(host.run { heard >= 20 && (peer.last("audio")?.integerValue ?? 0) >= 20 })

        #expect(host.run { messages.first == .text("hello") })
        let large = [UInt8](repeating: 7, count: 60_000)
        #expect(channel.send(.binary(large)) == .queued)
        #expect(host.run { messages.last == .binary(large) })
        #expect(call.statistics["transport"]?["packetsDiscarded"]?.integerValue == 0)
    }

    /// 20 ms of silence in Opus.
    private static func silence(_ sequence: UInt16, payloadType: UInt8) -> [UInt8] {
        let stamp = UInt32(sequence) * 960
        return [
            0x80, payloadType, UInt8(sequence >> 8), UInt8(sequence & 0xff), UInt8(stamp >> 24),
            UInt8(stamp >> 16 & 0xff), UInt8(stamp >> 8 & 0xff), UInt8(stamp & 0xff), 0, 0, 0, 1,
            0xf8, 0xff, 0xfe,
        ]
    }
}
