import AudioCore
import JSON
import MediaEngine
import PulseAudio
import Synchronization
import TransportHosting

/// A session as clients see it.
extension Session {
    /// What `sessions.list` and events show.
    var summary: JSONValue {
        var data: JSONObject = [
            "session": .string(id), "state": .string(state.name),
            "transport": .string(spec.transport), "local": localJSON,
            "muted": ["input": .bool(isInputMuted), "output": .bool(isOutputMuted)],
        ]
        data["name"] = spec.name.map { .string($0) }
        data["parent"] = parent.map { .string($0) }
        data["reason"] = lifecycle.lastDisconnect?.reason.map { .string($0) }
        return .object(data)
    }

    /// What `sessions.get` shows beside the history.
    var details: JSONObject {
        var data = summary.objectValue ?? [:]
        data["transportVersion"] = transport.map { .string($0.version) }
        data["attempt"] = .integer(Int64(lifecycle.attempt))
        data["formats"] = [
            "toPeer": uplink?.json ?? .null, "fromPeer": downlink?.json ?? .null,
        ]
        data["levels"] = levels
        data["statistics"] = statisticsJSON
        data["latencyMs"] = latencyBudget
        data["peerStatistics"] = statistics
        return data
    }

    var localJSON: JSONValue {
        switch leg {
        case .devices(let capture, let playback):
            [
                "kind": "devices", "echoCancellation": "off", "gate": .bool(spec.isGated),
                "source": Self.device(capture.status),
                "sink": Self.device(playback.status),
            ]
        case .stream(let programs):
            [
                "kind": "stream", "format": "pcm_s16le", "rate": .integer(Int64(media.localRateHz)),
                "programs": .integer(Int64(programs.count)),
                "hasWriter": .bool(programs.writer != nil),
            ]
        case .none: ["kind": .string(spec.local.kind), "listens": true]
        }
    }

    private static func device(_ status: DeviceStatus) -> JSONValue {
        var data: JSONObject = [
            "state": .string(status.state.name), "summary": .string(status.summary),
        ]
        data["device"] = status.device.map { .string($0) }
        data["outages"] = .integer(Int64(status.outages))
        data["rebuilds"] = .integer(Int64(status.rebuilds))
        data["underruns"] = .integer(Int64(status.stream.underruns))
        data["overrunSamples"] = .integer(Int64(status.stream.overrunSamples))
        data["bufferMs"] = .number(rounded(status.stream.actualMs))
        data["latencyMs"] = .number(rounded(status.stream.latencyMs))
        return .object(data)
    }

    /// dBFS since the last reading of the meters.
    var levels: JSONValue {
        let input = media.meters.input.reading
        let output = media.meters.output.reading
        return [
            "input": [
                "rmsDbfs": .number(rounded(Double(input.rmsDbfs))),
                "peakDbfs": .number(rounded(Double(input.peakDbfs))),
            ],
            "output": [
                "rmsDbfs": .number(rounded(Double(output.rmsDbfs))),
                "peakDbfs": .number(rounded(Double(output.peakDbfs))),
            ],
        ]
    }

    private var statisticsJSON: JSONValue {
        let meters = media.meters
        return [
            "framesSent": .integer(Int64(clamping: meters.framesSent.load(ordering: .relaxed))),
            "framesDropped": .integer(Int64(meters.framesDropped.load(ordering: .relaxed))),
            "framesReceived": .integer(Int64(meters.framesReceived.load(ordering: .relaxed))),
            "framesStale": .integer(Int64(meters.framesStale.load(ordering: .relaxed))),
            "framesRefused": .integer(Int64(meters.framesRefused.load(ordering: .relaxed))),
            "dryEvents": .integer(Int64(meters.dryEvents.load(ordering: .relaxed))),
            "packetsLost": .integer(Int64(meters.packetsLost.load(ordering: .relaxed))),
            "packetsDiscarded": .integer(Int64(meters.packetsDiscarded.load(ordering: .relaxed))),
            "concealedSamples": .integer(Int64(meters.concealedSamples.load(ordering: .relaxed))),
            "concealmentEvents": .integer(Int64(meters.concealmentEvents.load(ordering: .relaxed))),
            "fecPacketsReceived": .integer(
                Int64(meters.fecPacketsReceived.load(ordering: .relaxed))),
            "jitter": .number(Double(meters.jitterUs.load(ordering: .relaxed)) / 1e6),
            "jitterBufferDelay": .number(
                Double(meters.jitterBufferDelayMs.load(ordering: .relaxed)) / 1_000),
            "jitterBufferEmittedCount": .integer(
                Int64(meters.jitterBufferEmittedCount.load(ordering: .relaxed))),
        ]
    }

    /// Where the time goes, in milliseconds: stages as docs/DataFlow.md names them.
    var latencyBudget: JSONValue {
        let meters = media.meters
        var budget: JSONObject = [:]
        if case .devices(let capture, _) = leg {
            budget["capture"] = .number(rounded(capture.status.stream.latencyMs))
        }
        budget["frame"] = .integer(Int64(uplink?.frameMs ?? 0))
        budget["uplink"] = .number(
            rounded(Double(meters.uplinkUs.load(ordering: .relaxed)) / 1_000))
        budget["queue"] = .number(rounded(Double(meters.queuedUs.load(ordering: .relaxed)) / 1_000))
        budget["playback"] = .number(
            rounded(Double(meters.playbackUs.load(ordering: .relaxed)) / 1_000))
        return .object(budget)
    }
}

/// To a tenth, as people read it.
func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

extension LegFormat {
    var json: JSONValue {
        [
            "format": .string(format.codec.name), "rate": .integer(Int64(format.rateHz)),
            "frameMs": .integer(Int64(frameMs)),
        ]
    }
}

extension SessionLifecycle.State {
    /// As the control protocol spells it.
    var name: String {
        switch self {
        case .connecting: "connecting"
        case .connected: "connected"
        case .reconnecting: "reconnecting"
        case .disconnecting: "disconnecting"
        case .failed: "failed"
        case .closed: "closed"
        }
    }

    /// The status of the transport layer that it comes to.
    var status: String {
        switch self {
        case .connecting, .reconnecting: "connecting"
        case .connected: "connected"
        case .disconnecting: "disconnecting"
        case .failed, .closed: "disconnected"
        }
    }
}

extension DeviceStatus.State {
    var name: String {
        switch self {
        case .away: "away"
        case .opening: "opening"
        case .running: "running"
        case .suspended: "suspended"
        }
    }
}
