import DataChannel
import FakeTransportHost
import ICE
import ParleyTransport
import PeerConnection
import SDP

/// Two calls on loopback whose signalling is a function call.
@TransportActor
final class Pair {
    let offerer: PeerConnection
    let answerer: PeerConnection
    let host: FakeTransportHost
    var media: [PeerConnection.Side: [(MediaKind, [UInt8])]] = [:]
    var states: [PeerConnection.Side: [PeerConnectionState]] = [:]
    var log: [String] = []

    init(
        _ host: FakeTransportHost, _ loop: HostLoop,
        _ change: (inout PeerConnectionConfiguration) -> Void = { _ in }
    ) throws {
        self.host = host
        let resources = PeerConnectionResources()
        var configuration = PeerConnectionConfiguration.onLoopback
        change(&configuration)
        offerer = try PeerConnection(
            configuration, side: .offerer, resources: resources, loop: loop)
        answerer = try PeerConnection(
            configuration, side: .answerer, resources: resources, loop: loop)
        for (side, connection) in [(PeerConnection.Side.offerer, offerer), (.answerer, answerer)] {
            connection.onState = { [unowned self] in states[side, default: []].append($0) }
            connection.onMedia = { [unowned self] in
                media[side, default: []].append(($0, Array($1)))
            }
            connection.onLog = { [unowned self] in log.append($1) }
        }
    }

    func negotiate() throws {
        offerer.onCandidate = { [unowned self] in answerer.addRemoteCandidate($0) }
        let offer = try offerer.offer()
        let answer = try answerer.answer(to: offer)
        try offerer.setRemoteAnswer(answer)
    }

    func connect() throws -> Bool {
        try negotiate()
        return host.run { offerer.state == .connected && answerer.state == .connected }
    }

    func close() {
        offerer.close()
        answerer.close()
    }
}

extension PeerConnectionConfiguration {
    static var onLoopback: Self {
        var configuration = Self(audio: LocalAudio(ssrc: 1, canonicalName: "parley"))
        configuration.ice.addresses = ["127.0.0.1"]
        return configuration
    }
}

extension PeerConnection {
    @discardableResult
    func send(_ kind: MediaKind, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { send(kind, $0) }
    }
}

/// An RTP packet of the source 1.
func rtp(_ sequence: UInt16, payload: [UInt8] = [1, 2, 3]) -> [UInt8] {
    [0x80, 111, UInt8(sequence >> 8), UInt8(sequence & 0xff), 0, 0, 0, 0, 0, 0, 0, 1] + payload
}

/// An empty receiver report of the source 1.
let rtcp: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 1]
