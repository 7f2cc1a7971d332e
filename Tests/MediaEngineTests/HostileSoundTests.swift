import AudioCore
import CParleyTransport
import CParleyWire
import EventLoop
import Synchronization
import Testing

@testable import MediaEngine

/// Hosts that send more than their share, or what is no sound.
@Suite struct HostileSoundTests {
    init() { EventLoop.startThread() }

    @Test func aHostThatFloodsIsReadInSharesAndAnotherLosesNothing() throws {
        let line = EngineOnThisThread(host: FakeHost())
        let other = FakeHost()
        let meters = SessionMeters()
        line.addLink(20, other)
        try line.addSession(format: .pcm24k, rateHz: 24_000, isStream: true)
        try line.addSession(
            2, on: 20, meters: meters, format: .pcm24k, rateHz: 24_000, isStream: true)
        var said = 0
        /// The flood goes on between the turns of the engine, for which no time passes.
        func turns(atNs: UInt64) -> Int {
            var sent = 0
            for _ in 0..<20 {
                sent += line.host.flood()
                other.say([1, 2, 3])
                said += 1
                line.engine.pointee.tick(nowNs: atNs)
                #expect(meters.framesReceived.load(ordering: .relaxed) == said)
            }
            return sent
        }
        let startNs: UInt64 = 1_000_000_000
        let sent = turns(atNs: startNs)
        let share = ReadBudget.packetsAtOnce
        #expect(sent > share, "it was a flood: \(sent)")
        #expect(line.meters.framesReceived.load(ordering: .relaxed) == share)
        // What is left waits for its time, in order.
        _ = turns(atNs: startNs + 5_000_000)
        let more = ReadBudget.packetsPerSecond / 200
        #expect(line.meters.framesReceived.load(ordering: .relaxed) == share + more)
        #expect(meters.framesRefused.load(ordering: .relaxed) == 0)
    }

    @Test func aBudgetOfBytesIsSpentByLargePackets() {
        var budget = ReadBudget()
        budget.fill(nowNs: 1_000_000_000)
        var count = 0
        while !budget.isSpent {
            budget.take(byteCount: 60_000)
            count += 1
        }
        #expect(count == (ReadBudget.bytesAtOnce + 59_999) / 60_000)
        // Looks that come too soon to add anything do not keep it empty.
        for step in 1...1_000 as ClosedRange<UInt64> {
            budget.fill(nowNs: 1_000_000_000 + step * 500)
        }
        #expect(!budget.isSpent)
    }

    enum Fault: CaseIterable, Sendable { case short, version, size, count, item, codec, opus }

    @LoopActor @Test(arguments: Fault.allCases)
    func aMalformedPacketIsToldOnceAndNothingBehindItIsHeard(_ fault: Fault) async throws {
        let fixture = try StreamFixture()
        defer { fixture.close() }
        var told: [UInt32] = []
        fixture.engine.onMalformedLink = { told.append($0) }
        let bad = Self.packet(fault)
        fixture.host.send(bytes: bad)
        fixture.host.send(bytes: bad)
        fixture.host.say([1, 2, 3])
        await fixture.wait(eachMs: 2) { !told.isEmpty }
        let turns = fixture.engine.turns
        await fixture.wait(eachMs: 2) { fixture.engine.turns > turns + 3 }
        #expect(told.count == 1)
        #expect(fixture.session.meters.framesReceived.load(ordering: .relaxed) == 0)
    }

    /// A frame of two samples with one fault.
    private static func packet(_ fault: Fault) -> [UInt8] {
        var header = parley_wire_audio()
        header.version = UInt16(PARLEY_WIRE_VERSION)
        header.session = 1
        header.codec = UInt32(PARLEY_CODEC_PCM_S16LE)
        header.rate_hz = 24_000
        header.sample_count = 2
        header.generation = 1
        header.data_size = 4
        switch fault {
        case .short: return [1, 2, 3]
        case .version: header.version += 1
        case .size: header.data_size = 2
        case .count: header.sample_count = 3
        case .item: header.item_id_size = 64
        case .codec: header.codec = 77
        case .opus: header.codec = UInt32(PARLEY_CODEC_OPUS)
        }
        return withUnsafeBytes(of: header) { Array($0) } + [0, 0, 0, 0]
    }
}
