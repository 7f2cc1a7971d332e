import AudioCore
import Testing

/// Single rules of the jitter buffer: 48 kHz, packets of 20 ms, a target of 10 ms.
@Suite struct JitterBufferTests {
    private enum Step: Equatable {
        case packet(Int)
        case conceal(Int, copyIn: Int?)
        case silence(Int)
        case wait
    }

    private func settings(silentPacketBytes: Int = -1) -> JitterBuffer.Settings {
        JitterBuffer.Settings(rateHz: 48_000, silentPacketBytes: silentPacketBytes)
    }

    /// Packet `number` carries its number in its first byte.
    @discardableResult
    private func insert(
        _ number: Int, into buffer: inout JitterBuffer, at ms: Int, firstSequence: Int = 65_530,
        pauseMs: Int = 0, byteCount: Int = 20
    ) -> JitterBuffer.Arrival {
        var bytes = [UInt8](repeating: 0, count: max(1, byteCount))
        bytes[0] = UInt8(truncatingIfNeeded: number)
        let header = PacketHeader(
            sequence: UInt16(truncatingIfNeeded: firstSequence + number),
            timestamp: UInt32(truncatingIfNeeded: 0xFFFF_F000 + number * 960 + pauseMs * 48),
            sampleCount: 960, generation: 7)
        return buffer.insert(header, bytes: bytes, byteCount: byteCount, now: Int64(ms * 48))
    }

    private func pull(_ buffer: inout JitterBuffer, at ms: Int, isQuiet: Bool = false) -> Step {
        switch buffer.pull(now: Int64(ms * 48), isQuiet: isQuiet) {
        case .packet(let packet):
            #expect(packet.header.generation == 7)
            return .packet(Int(packet.bytes[0]))
        case .conceal(let count, let next):
            return .conceal(count, copyIn: next.map { Int($0.bytes[0]) })
        case .silence(let count): return .silence(count)
        case .wait: return .wait
        }
    }

    @Test func playBeginsAfterTheTargetAndCrossesBothWraps() {
        var buffer = JitterBuffer(settings: settings())
        #expect(pull(&buffer, at: 0) == .wait)
        for number in 0..<12 {
            #expect(insert(number, into: &buffer, at: number * 20) == .stored)
            #expect(pull(&buffer, at: number * 20 + 9) == .wait || number > 0)
            #expect(pull(&buffer, at: number * 20 + 10) == .packet(number))
            #expect(buffer.packetCount == 0)
            guard number == 0 else { continue }
            // The first pull above asked too early; from here on every pull has its packet.
            for next in 1..<12 {
                insert(next, into: &buffer, at: next * 20)
                #expect(pull(&buffer, at: next * 20 + 10) == .packet(next))
            }
            break
        }
        #expect(buffer.statistics.packetsLost == 0 && buffer.statistics.concealedSamples == 0)
        #expect(buffer.statistics.jitterBufferEmittedCount == 12 * 960)
        let mean = buffer.statistics.jitterBufferDelay / Double(12 * 960)
        #expect(abs(mean - 0.010) < 1e-9)
    }

    @Test func disorderIsPutInOrder() {
        var buffer = JitterBuffer(settings: settings())
        insert(1, into: &buffer, at: 0)
        #expect(insert(0, into: &buffer, at: 2) == .stored, "before play has begun")
        insert(3, into: &buffer, at: 4)
        insert(2, into: &buffer, at: 6)
        for number in 0..<4 { #expect(pull(&buffer, at: 10 + 20 * number) == .packet(number)) }
        #expect(insert(2, into: &buffer, at: 90) == .duplicate)
        #expect(buffer.statistics.packetsDuplicated == 1)
    }

    @Test func aLossIsFilledAndTheNextPacketOffered() {
        var buffer = JitterBuffer(settings: settings())
        insert(0, into: &buffer, at: 0)
        insert(3, into: &buffer, at: 1)
        #expect(insert(3, into: &buffer, at: 2) == .duplicate)
        #expect(pull(&buffer, at: 10) == .packet(0))
        #expect(pull(&buffer, at: 30) == .conceal(960, copyIn: nil), "3 is not next to 1")
        #expect(pull(&buffer, at: 50) == .conceal(960, copyIn: 3))
        buffer.noteRecovered(sampleCount: 960)
        #expect(insert(2, into: &buffer, at: 55) == .late)
        #expect(pull(&buffer, at: 70) == .packet(3))
        let statistics = buffer.statistics
        #expect(statistics.packetsLost == 1, "2 came, though too late")
        #expect(statistics.packetsDiscarded == 1 && statistics.packetsDuplicated == 1)
        #expect(statistics.concealedSamples == 960 && statistics.concealmentEvents == 1)
        #expect(statistics.fecPacketsReceived == 1)
    }

    @Test func aLatePacketIsWaitedForAndTheDelayShrinksAgain() {
        var buffer = JitterBuffer(settings: settings())
        insert(0, into: &buffer, at: 0)
        #expect(pull(&buffer, at: 10) == .packet(0))
        #expect(pull(&buffer, at: 30) == .conceal(960, copyIn: nil))
        #expect(pull(&buffer, at: 50) == .conceal(960, copyIn: nil))
        for number in 1...3 { insert(number, into: &buffer, at: 60) }
        var played: [Int] = []
        var quietCut = 0
        for turn in 0..<200 {
            insert(4 + turn, into: &buffer, at: 80 + turn * 20)
            if case .packet(let number) = pull(&buffer, at: 70 + turn * 20, isQuiet: turn % 3 == 0)
            {
                played.append(number)
            } else {
                quietCut += 1
            }
        }
        #expect(played.first == 1 && quietCut == 0)
        let statistics = buffer.statistics
        #expect(statistics.insertedSamplesForDeceleration == 2 * 960)
        #expect(statistics.removedSamplesForAcceleration == 2 * 960, "both frames went again")
        #expect(statistics.packetsLost == 0 && statistics.packetsDiscarded == 2)
        #expect(buffer.delaySamples <= 480 + 960 + 960)
    }

    @Test func timeFilledWhileWaitingCountsForTheLoss() {
        var buffer = JitterBuffer(settings: settings())
        insert(0, into: &buffer, at: 0)
        #expect(pull(&buffer, at: 10) == .packet(0))
        #expect(pull(&buffer, at: 30) == .conceal(960, copyIn: nil))
        #expect(buffer.statistics.insertedSamplesForDeceleration == 0, "1 may be late or lost")
        insert(2, into: &buffer, at: 45)
        #expect(pull(&buffer, at: 50) == .packet(2), "1 was filled already")
        #expect(buffer.statistics.packetsLost == 1)
        #expect(buffer.statistics.insertedSamplesForDeceleration == 0)
    }

    @Test func afterAStallTheStreamIsSilentThenBeginsAfresh() {
        var buffer = JitterBuffer(settings: settings())
        insert(0, into: &buffer, at: 0)
        #expect(pull(&buffer, at: 10) == .packet(0))
        var steps: [Step] = []
        for turn in 1...8 { steps.append(pull(&buffer, at: 10 + turn * 20)) }
        #expect(steps.prefix(5).allSatisfy { $0 == .conceal(960, copyIn: nil) }, "100 ms at most")
        #expect(steps.suffix(3).allSatisfy { $0 == .wait })
        // Half a second arrives at once: what is beyond the maximum is left out.
        for number in 1...30 { insert(number, into: &buffer, at: 600) }
        #expect(pull(&buffer, at: 605) == .wait)
        #expect(pull(&buffer, at: 610) == .packet(21))
        #expect(buffer.delaySamples <= settings().maximumSamples)
    }

    @Test func aSilentSenderCostsNoConcealment() {
        var buffer = JitterBuffer(settings: settings(silentPacketBytes: 2))
        insert(0, into: &buffer, at: 0)
        insert(1, into: &buffer, at: 20, byteCount: 1)
        #expect(pull(&buffer, at: 10) == .packet(0))
        #expect(pull(&buffer, at: 30) == .packet(1))
        for turn in 0..<10 { #expect(pull(&buffer, at: 50 + turn * 20) == .silence(960)) }
        // After 200 ms the next talk spurt; its sequence number follows on.
        insert(2, into: &buffer, at: 240, pauseMs: 200)
        #expect(pull(&buffer, at: 250) == .packet(2))
        #expect(buffer.statistics.concealedSamples == 0 && buffer.statistics.packetsLost == 0)
    }

    @Test func anotherSourceIsFollowedOnceASecondPacketConfirmsIt() {
        var buffer = JitterBuffer(settings: settings())
        insert(0, into: &buffer, at: 0)
        #expect(pull(&buffer, at: 10) == .packet(0))
        #expect(insert(9, into: &buffer, at: 12, firstSequence: 20_000) == .refused)
        #expect(insert(1, into: &buffer, at: 20) == .stored, "a stray packet changes nothing")
        #expect(pull(&buffer, at: 30) == .packet(1))
        #expect(insert(40, into: &buffer, at: 40, firstSequence: 20_000) == .refused)
        #expect(insert(41, into: &buffer, at: 60, firstSequence: 20_000) == .stored)
        #expect(pull(&buffer, at: 70) == .packet(41))
        #expect(buffer.statistics.resynchronisations == 1)
    }

    @Test func malformedPacketsAreRefused() {
        var buffer = JitterBuffer(settings: settings())
        let bytes = [UInt8](repeating: 0, count: 2_000)
        let good = PacketHeader(sequence: 1, timestamp: 1, sampleCount: 960)
        var endless = good
        endless.sampleCount = 1 << 40
        var empty = good
        empty.sampleCount = 0
        #expect(buffer.insert(good, bytes: bytes, byteCount: 1_501, now: 0) == .refused)
        #expect(buffer.insert(endless, bytes: bytes, byteCount: 10, now: 0) == .refused)
        #expect(buffer.insert(empty, bytes: bytes, byteCount: 10, now: 0) == .refused)
        #expect(buffer.insert(good, bytes: bytes, byteCount: 1_500, now: 0) == .stored)
        #expect(buffer.statistics.packetsDiscarded == 3)
    }

    @Test func aFlushForgetsThePackets() {
        var buffer = JitterBuffer(settings: settings())
        for number in 0..<5 { insert(number, into: &buffer, at: 0) }
        buffer.flush()
        #expect(buffer.packetCount == 0 && pull(&buffer, at: 100) == .wait)
        #expect(insert(3, into: &buffer, at: 120) == .stored)
        #expect(pull(&buffer, at: 130) == .packet(3))
    }
}
