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
        let counters = counters
        let meters = media.meters
        func count(_ value: Int) -> JSONValue { .integer(Int64(value)) }
        return [
            "framesSent": count(counters.framesSent),
            "framesDropped": count(counters.framesDropped),
            "framesReceived": count(counters.framesReceived),
            "framesStale": count(counters.framesStale),
            "framesRefused": count(counters.framesRefused),
            "dryEvents": count(counters.dryEvents),
            "packetsLost": count(meters.packetsLost.load(ordering: .relaxed)),
            "packetsDiscarded": count(counters.packetsDiscarded),
            "concealedSamples": count(counters.concealedSamples),
            "concealmentEvents": count(counters.concealmentEvents),
            "fecPacketsReceived": count(counters.fecPacketsReceived),
            "jitter": .number(Double(meters.jitterUs.load(ordering: .relaxed)) / 1e6),
            "jitterBufferDelay": .number(Double(counters.jitterBufferDelayMs) / 1_000),
            "jitterBufferEmittedCount": count(counters.emittedSamples),
        ]
    }

    /// Where the time goes, in milliseconds: stages as docs/DataFlow.md names them.
    var latencyStages: [(stage: String, ms: Double)] {
        let meters = media.meters
        var stages: [(String, Double)] = []
        if case .devices(let capture, _) = leg {
            stages.append(("capture", capture.status.stream.latencyMs))
        }
        return stages + [
            ("frame", Double(uplink?.frameMs ?? 0)),
            ("uplink", Double(meters.uplinkUs.load(ordering: .relaxed)) / 1_000),
            ("queue", Double(meters.queuedUs.load(ordering: .relaxed)) / 1_000),
            ("playback", Double(meters.playbackUs.load(ordering: .relaxed)) / 1_000),
        ]
    }

    private var latencyBudget: JSONValue {
        .object(
            JSONObject(
                latencyStages.map { stage, ms in
                    (stage, stage == "frame" ? .integer(Int64(ms)) : .number(rounded(ms)))
                }))
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
