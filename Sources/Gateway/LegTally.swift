import PulseAudio

/// What happened to one direction of a session's local leg, whatever devices it had. Only grows.
struct LegCounters: Sendable, Equatable {
    /// Times that a device was lost that carried sound.
    var outages = 0
    /// From each loss to the next device, as far as that has come.
    var outageNs = 0
    var underruns = 0
    var overrunSamples = 0

    mutating func add(_ other: LegCounters) {
        outages += other.outages
        outageNs += other.outageNs
        underruns += other.underruns
        overrunSamples += other.overrunSamples
    }
}

/// Counts it: a device is shared and counts for all who use it, so of its counts a leg takes what came about
/// while it was there.
struct LegTally: Sendable {
    private var past = LegCounters()
    /// Of the device in use, when the leg came to it.
    private var before: DeviceCounters?
    private var hadDevice = false
    private var lostNs: UInt64?

    mutating func use(_ device: DeviceCounters?) { before = device }

    mutating func leave(_ device: DeviceCounters?) {
        past.add(since(device))
        before = nil
    }

    mutating func note(hasDevice: Bool, nowNs: UInt64) {
        if hasDevice {
            past.outageNs += outageNs(nowNs)
            lostNs = nil
        } else if hadDevice {
            past.outages += 1
            lostNs = nowNs
        }
        hadDevice = hasDevice
    }

    mutating func goOn(from old: LegCounters) { past.add(old) }

    func counters(_ device: DeviceCounters?, nowNs: UInt64) -> LegCounters {
        var counters = past
        counters.add(since(device))
        counters.outageNs += outageNs(nowNs)
        return counters
    }

    private func since(_ device: DeviceCounters?) -> LegCounters {
        var counters = LegCounters()
        guard let device, let before else { return counters }
        counters.underruns = device.underruns - before.underruns
        counters.overrunSamples = device.overrunSamples - before.overrunSamples
        return counters
    }

    private func outageNs(_ nowNs: UInt64) -> Int {
        lostNs.map { nowNs > $0 ? Int(clamping: nowNs - $0) : 0 } ?? 0
    }
}
