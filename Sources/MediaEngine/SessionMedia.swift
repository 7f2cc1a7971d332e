import AudioCore
import CParleyWire
import DeviceLines

/// The media of one session on the engine thread: an uplink, a downlink, and the local leg that they
/// serve. Sound of the local leg is at `localRateHz`.
///
/// Made and freed on the control thread; in between only the engine touches it.
struct SessionMedia: ~Copyable {
    static var maximumClients: Int { 8 }

    let number: UInt32
    let localRateHz: Int
    let isStream: Bool
    /// Retained for the life of this; a reference that is never released while the engine runs.
    let meters: SessionMeters

    var link: UInt32 = 0
    /// What the host calls the session.
    var wireNumber: UInt32 = 0
    var capture: UInt32 = 0
    var playback: UInt32 = 0
    var uplink: UnsafeMutablePointer<Uplink>?
    var downlink: UnsafeMutablePointer<Downlink>?
    var clients: InlineArray<8, UnsafeMutablePointer<StreamClient>?> = InlineArray(repeating: nil)

    /// It waits for callers: until a peer is attached again no time goes on for it.
    var isAtRest = false
    var inputMuted = false
    var outputMuted = false
    var generation: UInt32 = 1
    /// Number of a mute barrier that waits for room on the socket; 0 for none.
    var pendingBarrier: UInt32 = 0

    var gate = EchoGate()

    /// Samples of output made so far: the session's own time line.
    var position: Int64 = 0
    /// What to add to a position of the playback device to get one of the session.
    var deviceOffset: Int64 = 0
    /// The session's share of the mix, by position of the device.
    var share: History
    /// Of the clock of sessions without a device: when it began, and samples done since.
    var clockStartNs: UInt64 = 0
    var clockSamples: Int64 = 0
    var inputMeter: LevelMeter
    var outputMeter: LevelMeter
    /// Stream legs: times in a row that there was nothing to play and nothing to hear.
    var quietSamples = 0
    var inputEnded = false

    init(number: UInt32, localRateHz: Int, isStream: Bool, meters: SessionMeters) {
        self.number = number
        self.localRateHz = localRateHz
        self.isStream = isStream
        self.meters = meters
        share = History()
        inputMeter = LevelMeter(rateHz: localRateHz)
        outputMeter = LevelMeter(rateHz: localRateHz)
    }

    /// ``position`` in samples at 48 kHz, the unit of the ledger of items.
    var timeline: Int64 { position * 48_000 / Int64(localRateHz) }

    /// Whether there is anybody who can hear the session: a stream leg without programs speaks to
    /// nobody.
    var isAudible: Bool {
        guard isStream else { return true }
        for index in 0..<Self.maximumClients where clients[index] != nil { return true }
        return false
    }

    /// Samples of the present clock that are due at `nowNs`, in whole ticks, so that every write to a
    /// program is of one size; at most 100 ms: a loop that overslept more than that skips, so that delay
    /// can't pile up.
    mutating func takeDueSamples(nowNs: UInt64) -> Int {
        if clockStartNs == 0 { restartClock(nowNs: nowNs) }
        let elapsedNs = Int64(nowNs - clockStartNs)
        let tickNs = Int64(EngineThread.tickNs)
        let ticks = (elapsedNs + tickNs / 2) / tickNs
        let due = ticks * (Int64(localRateHz) * tickNs / 1_000_000_000) - clockSamples
        // Some were given out ahead.
        guard due > 0 else { return 0 }
        if due > Int64(localRateHz / 10) {
            restartClock(nowNs: nowNs)
            return localRateHz / 10
        }
        clockSamples += due
        return Int(due)
    }

    mutating func restartClock(nowNs: UInt64) {
        clockStartNs = nowNs
        clockSamples = 0
    }
}
