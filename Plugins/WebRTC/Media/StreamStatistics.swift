import JSON
import ParleyTransport
import RTP

/// What came and could not be used, by cause.
struct StreamCounters {
    var packetsMalformed = 0
    var packetsOfOtherTypes = 0
    var packetsOfStrangers = 0
    /// Taken by nobody: the daemon's queue was full.
    var packetsDiscarded = 0
    /// Of the microphone, longer than any path takes.
    var packetsTooLong = 0
    /// Of the microphone, given faster than they may leave.
    var framesDropped = 0
    var nackCount = 0
}

/// A stream's figures under the names of W3C webrtc-stats, one object for each type of report.
enum StreamStatistics {
    static func make(
        sender: RTPSender, receiver: RTPReceiver, counters: StreamCounters, path: JSONObject
    ) -> JSONObject {
        let figures = receiver.statistics
        var all: JSONObject = [
            "inboundRtp": [
                "ssrc": .integer(Int64(receiver.ssrc ?? 0)),
                "packetsReceived": .integer(figures.packetsReceived),
                "bytesReceived": .integer(figures.bytesReceived),
                "packetsLost": .integer(figures.packetsLost),
                "jitter": .number(figures.jitterSeconds),
                "packetsDiscarded": .integer(Int64(counters.packetsDiscarded)),
                "packetsMalformed": .integer(Int64(counters.packetsMalformed)),
                "packetsOfOtherTypes": .integer(Int64(counters.packetsOfOtherTypes)),
                "packetsOfStrangers": .integer(Int64(counters.packetsOfStrangers)),
                "sourceChanges": .integer(Int64(receiver.sourceChanges)),
            ],
            "outboundRtp": [
                "ssrc": .integer(Int64(sender.ssrc)),
                "packetsSent": .integer(Int64(sender.packetsSent)),
                "bytesSent": .integer(Int64(sender.bytesSent)),
                "framesDropped": .integer(Int64(counters.framesDropped)),
                "nackCount": .integer(Int64(counters.nackCount)),
            ],
        ]
        if let remote = sender.remote {
            var report: JSONObject = [
                "packetsLost": .integer(remote.packetsLost),
                "fractionLost": .number(Double(remote.fractionLost) / 256),
                "jitter": .number(Double(remote.jitter) / Double(sender.rateHz)),
            ]
            if let roundTripNs = sender.roundTripNs {
                report["roundTripTime"] = .number(Double(roundTripNs) / 1e9)
            }
            all["remoteInboundRtp"] = .object(report)
        }
        for (name, report) in path.members { all[name] = report }
        return all
    }
}
