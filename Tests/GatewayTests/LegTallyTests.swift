import PulseAudio
import Testing

@testable import Gateway

@Suite("What happened to a session's devices")
struct LegTallyTests {
    private func device(underruns: Int = 0, overrunSamples: Int = 0) -> DeviceCounters {
        var counters = DeviceCounters()
        counters.underruns = underruns
        counters.overrunSamples = overrunSamples
        // A leg counts outages by itself: it may have been on another device by then.
        counters.outages = 9
        return counters
    }

    @Test("a device counts from when the leg came to it until it left")
    func devices() {
        var tally = LegTally()
        tally.use(device(underruns: 5))
        #expect(tally.counters(device(underruns: 7), nowNs: 0).underruns == 2)
        tally.leave(device(underruns: 8))
        #expect(tally.counters(nil, nowNs: 0).underruns == 3)
        tally.use(device(overrunSamples: 100))
        let counters = tally.counters(device(underruns: 1, overrunSamples: 150), nowNs: 0)
        #expect(counters.underruns == 4 && counters.overrunSamples == 50)
        #expect(counters.outages == 0)
    }

    @Test("an outage begins where sound was, and lasts until there is a device again")
    func outages() {
        var tally = LegTally()
        tally.note(hasDevice: false, nowNs: 1)
        #expect(tally.counters(nil, nowNs: 5).outages == 0, "it had none to lose")
        tally.note(hasDevice: true, nowNs: 10)
        // A better device.
        tally.note(hasDevice: true, nowNs: 20)
        #expect(tally.counters(nil, nowNs: 30).outages == 0)
        tally.note(hasDevice: false, nowNs: 40)
        tally.note(hasDevice: false, nowNs: 45)
        #expect(tally.counters(nil, nowNs: 50) == LegCounters(outages: 1, outageNs: 10))
        tally.note(hasDevice: true, nowNs: 60)
        #expect(tally.counters(nil, nowNs: 90) == LegCounters(outages: 1, outageNs: 20))
    }

    @Test("other devices of the same session go on counting")
    func goingOn() {
        var tally = LegTally()
        tally.goOn(from: LegCounters(outages: 2, outageNs: 30, underruns: 4, overrunSamples: 5))
        tally.use(device(underruns: 1))
        let counters = tally.counters(device(underruns: 2), nowNs: 0)
        #expect(
            counters
                == LegCounters(outages: 2, outageNs: 30, underruns: 5, overrunSamples: 5))
    }
}
