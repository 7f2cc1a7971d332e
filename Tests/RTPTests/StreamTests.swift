import Testing

@testable import RTP

/// A stream from one end to the other, in virtual time.
@Suite struct StreamTests {
    private static let ms: UInt64 = 1_000_000

    private func packet(_ sender: inout RTPSender, timestamp: UInt64, nowNs: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 5, count: RTPSender.headerBytes + 20)
        bytes.withUnsafeMutableBytes {
            sender.writeHeader(
                into: $0, payloadType: 111, timestamp: timestamp, marker: false, payloadBytes: 20,
                nowNs: nowNs)
        }
        return bytes
    }

    private func receive(
        _ bytes: [UInt8], _ receiver: inout RTPReceiver, nowNs: UInt64
    ) -> RTPReceiver.Reception? {
        bytes.withUnsafeBytes { bytes in
            (try? RTPPacket(bytes)).flatMap { receiver.receive($0, nowNs: nowNs) }
        }
    }

    @Test func numbersRiseThroughEveryWrap() throws {
        var random = Seeded(1)
        var sender = RTPSender(rateHz: 48_000, random: &random)
        var receiver = RTPReceiver(rateHz: 48_000)
        var last: RTPReceiver.Reception?
        // Sequence numbers wrap once, timestamps too: 2^32 samples in steps of a second's worth.
        for number in 0..<100_000 {
            let nowNs = UInt64(number) * 20 * Self.ms
            let bytes = packet(&sender, timestamp: UInt64(number) * 48_000, nowNs: nowNs)
            let next = receive(bytes, &receiver, nowNs: nowNs)
            let came = try #require(next)
            if let last {
                #expect(came.sequence == last.sequence + 1)
                #expect(came.timestamp == last.timestamp + 48_000)
            }
            last = came
        }
        #expect(receiver.statistics.packetsLost == 0)
        #expect(receiver.statistics.packetsReceived == 100_000)
    }

    @Test func lossLatenessAndDuplicatesAreCounted() {
        var random = Seeded(2)
        var sender = RTPSender(rateHz: 8_000, random: &random)
        var receiver = RTPReceiver(rateHz: 8_000)
        var held: [UInt8] = []
        for number in 0..<100 {
            let nowNs = UInt64(number) * 20 * Self.ms
            let bytes = packet(&sender, timestamp: UInt64(number) * 160, nowNs: nowNs)
            switch number {
            case 10, 20, 30, 40: continue
            case 50: held = bytes
            case 51:
                _ = receive(bytes, &receiver, nowNs: nowNs)
                _ = receive(held, &receiver, nowNs: nowNs)
            default: _ = receive(bytes, &receiver, nowNs: nowNs)
            }
        }
        #expect(receiver.statistics.packetsLost == 4)
        let first = receiver.report(nowNs: 0)
        #expect(first?.fractionLost == UInt8(4 * 256 / 100))
        #expect(first?.packetsLost == 4)
        let second = receiver.report(nowNs: 0)
        #expect(second?.fractionLost == 0, "nothing was lost since the last report")
    }

    @Test func jitterIsThatOfTheArrivals() {
        var random = Seeded(3)
        var sender = RTPSender(rateHz: 48_000, random: &random)
        var even = RTPReceiver(rateHz: 48_000)
        var uneven = RTPReceiver(rateHz: 48_000)
        for number in 0..<500 {
            let nowNs = UInt64(1_000 + number * 20) * Self.ms
            let bytes = packet(&sender, timestamp: UInt64(number) * 960, nowNs: nowNs)
            _ = receive(bytes, &even, nowNs: nowNs)
            // Every second packet 10 ms late: each step differs by 10 ms.
            _ = receive(bytes, &uneven, nowNs: nowNs + UInt64(number & 1) * 10 * Self.ms)
        }
        #expect(even.statistics.jitterSeconds < 0.000_1)
        #expect(abs(uneven.statistics.jitterSeconds - 0.010) < 0.000_5)
    }

    @Test(arguments: [20_000, -20_000, 40_000]) func numbersThatJumpAreNoLoss(by jump: Int) {
        var statistics = ReceptionStatistics(rateHz: 8_000)
        func receive(_ numbers: some Sequence<Int>, clock: UInt32 = 0) {
            for number in numbers {
                statistics.received(
                    sequence: Int64(100_000 + number),
                    timestamp: clock &+ UInt32(160 * (100_000 + number)), payloadBytes: 160,
                    nowNs: UInt64(200_000 + number) * 20 * Self.ms)
            }
        }
        receive(0..<50)
        // One is lost before it and two after it; another far one is on its own.
        receive(51..<100)
        receive([9_000])
        receive(100..<110)
        receive(jump..<(jump + 20), clock: 1_000_000_000)
        receive((jump + 22)..<(jump + 100), clock: 1_000_000_000)
        #expect(statistics.packetsLost == 3)
        #expect(statistics.highestSequence == UInt32(100_000 + jump + 99))
        // The first of the new numbers was not believed, nor the stray one.
        #expect(statistics.packetsReceived == 50 + 49 + 10 + 19 + 78)
        #expect(statistics.jitterSeconds < 0.001)
    }

    @Test func aStrayPacketChangesNothingAndARestartedPeerTakesOver() {
        var random = Seeded(4)
        var old = RTPSender(rateHz: 48_000, random: &random)
        var new = RTPSender(rateHz: 48_000, random: &random)
        var receiver = RTPReceiver(rateHz: 48_000)
        func take(_ sender: inout RTPSender, _ number: UInt64) -> RTPReceiver.Reception? {
            let bytes = packet(&sender, timestamp: number * 960, nowNs: number)
            return receive(bytes, &receiver, nowNs: number)
        }
        #expect(take(&old, 1) != nil)
        #expect(take(&new, 1) == nil, "a stray one")
        #expect(take(&old, 2)?.isNewSource == false)
        // Between packets of the old one the new one is not in a row.
        #expect(take(&new, 2) == nil)
        let takenOver = take(&new, 3)
        #expect(takenOver?.isNewSource == true)
        #expect(take(&new, 4)?.isNewSource == false)
        #expect(receiver.sourceChanges == 1)
        #expect(receiver.ssrc == new.ssrc)
    }

    @Test func theRoundTripIsMeasuredByReports() throws {
        var random = Seeded(6)
        var near = RTPSender(rateHz: 48_000, random: &random)
        var far = RTPReceiver(rateHz: 48_000)
        let unixNs: UInt64 = 1_700_000_000 * 1_000_000_000
        _ = receive(packet(&near, timestamp: 0, nowNs: 0), &far, nowNs: 30 * Self.ms)
        let report = try #require(near.report(nowNs: 500 * Self.ms, unixNs: unixNs))
        #expect(report.packets == 1)
        #expect(report.bytes == 20)
        // 30 ms there; the far end answers after 200 ms; 40 ms back.
        far.received(report, from: near.ssrc, nowNs: 530 * Self.ms)
        let made = far.report(nowNs: 730 * Self.ms)
        let block = try #require(made)
        near.received(block, unixNs: unixNs + 270 * Self.ms)
        let roundTrip = try #require(near.roundTripNs)
        #expect(abs(Int64(roundTrip) - Int64(70 * Self.ms)) < Int64(Self.ms))
        // The clock was set back in between: nonsense is left out.
        near.received(block, unixNs: unixNs - 3_600_000 * Self.ms)
        #expect(near.roundTripNs == roundTrip)
    }

    @Test func reportsComeEveryFiveSecondsAndNeverInStep() {
        var schedule = RTCPSchedule(nowNs: 0, random: Seeded(7))
        var gaps: [UInt64] = []
        var last: UInt64 = 0
        while gaps.count < 2_000 {
            let now = schedule.nextDueNs
            let isEarly = schedule.isDue(nowNs: now - 1)
            let isDue = schedule.isDue(nowNs: now)
            #expect(!isEarly)
            #expect(isDue)
            gaps.append(now - last)
            last = now
        }
        #expect((1_000 * Self.ms...3_100 * Self.ms).contains(gaps[0]))
        let rest = gaps.dropFirst()
        #expect(rest.allSatisfy { (2_000 * Self.ms...6_200 * Self.ms).contains($0) })
        #expect(Set(rest).count > 1_900)
    }
}
