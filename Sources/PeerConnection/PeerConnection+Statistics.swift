import DTLS
import DataChannel
import ICE
import JSON
import ParleyTransport
import SDP

extension PeerConnection {
    /// Whether ICE has a way to the peer right now.
    public var hasWay: Bool { path.isUsable }

    /// Transport, candidates and channels, with the names of W3C's webrtc-stats.
    public var statistics: JSONObject {
        var statistics: JSONObject = [
            "transport": transportStatistics,
            "dataChannels": .array(channels.map(statistics(of:))),
        ]
        guard let pair = path.selectedPair else { return statistics }
        statistics["candidatePair"] = [
            "state": .string(path.isUsable ? "succeeded" : "in-progress"),
            "nominated": .bool(path.state == .completed),
            "priority": .integer(Int64(pair.local.priority)),
        ]
        statistics["localCandidate"] = Self.statistics(of: pair.local)
        statistics["remoteCandidate"] = Self.statistics(of: pair.remote)
        return statistics
    }

    private var transportStatistics: JSONValue {
        let traffic = transport.traffic
        var counts: JSONObject = [
            "packetsSent": .integer(Int64(traffic.packetsSent)),
            "packetsReceived": .integer(Int64(traffic.packetsReceived)),
            "bytesSent": .integer(Int64(traffic.bytesSent)),
            "bytesReceived": .integer(Int64(traffic.bytesReceived)),
            "iceState": .string(path.state.rawValue),
            "dtlsState": .string(transport.dtlsState),
            "tlsVersion": .string("FEFD"),
            "packetsDiscarded": .integer(Int64(transport.discards.total)),
        ]
        for (cause, count) in transport.discards.counts {
            counts["discarded.\(cause.rawValue)"] = .integer(Int64(count))
        }
        if let profile = transport.profile {
            counts["srtpCipher"] = .string(profile.registeredName)
        }
        if case .secure(let remote)? = session?.transport {
            counts["dtlsRole"] = .string(remote.role == .client ? "client" : "server")
            counts["iceRole"] = .string(path.isControlling ? "controlling" : "controlled")
        }
        return .object(counts)
    }

    private func statistics(of channel: PeerDataChannel) -> JSONValue {
        var values: JSONObject = [
            "label": .string(channel.label), "state": .string(channel.state.rawValue),
            "protocol": .string(channel.parameters.subprotocol),
            "messagesSent": .integer(Int64(channel.messagesSent)),
            "messagesReceived": .integer(Int64(channel.messagesReceived)),
            "bytesSent": .integer(Int64(channel.bytesSent)),
            "bytesReceived": .integer(Int64(channel.bytesReceived)),
        ]
        if let id = channel.id { values["dataChannelIdentifier"] = .integer(Int64(id)) }
        return .object(values)
    }

    private static func statistics(of candidate: ICECandidate) -> JSONValue {
        [
            "candidateType": .string(candidate.kind.rawValue),
            "protocol": .string(candidate.transport.rawValue),
            "address": .string(candidate.address), "port": .integer(Int64(candidate.port)),
            "priority": .integer(Int64(candidate.priority)),
            "foundation": .string(candidate.foundation),
        ]
    }
}

extension SRTPProfile {
    /// By the registry of DTLS-SRTP profiles.
    var registeredName: String {
        switch self {
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
        case .aes128CMSHA180: "SRTP_AES128_CM_HMAC_SHA1_80"
        }
    }
}
