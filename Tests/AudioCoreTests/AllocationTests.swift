import AudioCore
import CAllocationCounter
import Opus
import Resampling
import Testing

/// A steady session allocates nothing: 10,000 frames of each hot part.
@Suite struct AllocationTests {
    private static var frames: Int { 10_000 }

    private func calls(_ body: () -> Void) -> UInt64 {
        let before = parley_allocation_calls()
        body()
        return parley_allocation_calls() - before
    }

    @Test func theCounterCounts() {
        let count = calls {
            for size in 1...10 { UnsafeMutablePointer<UInt8>.allocate(capacity: size).deallocate() }
        }
        #expect(count == 20)
    }

    @Test func conversionsAndLevels() {
        let sound = UnsafeMutablePointer<Float>.allocate(capacity: 480)
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 960)
        defer {
            sound.deallocate()
            bytes.deallocate()
        }
        sound.initialize(repeating: 0.1, count: 480)
        var meter = LevelMeter(rateHz: 24_000)
        var ramp = GainRamp()
        let count = calls {
            for _ in 0..<Self.frames {
                PCM16.encode(sound, to: bytes, count: 48)
                PCM16.decode(bytes, to: sound, count: 48)
                G711.encode(sound, to: bytes, count: 48, law: .mu)
                G711.decode(bytes, to: sound, count: 48, law: .a)
                ramp.move(to: 0.5, over: 20)
                ramp.apply(to: sound, count: 48)
                Mixer.add(sound, to: sound, count: 48)
                Mixer.limit(sound, count: 48)
                meter.measure(sound, count: 480)
            }
        }
        #expect(count == 0)
    }

    @Test func ringsAndClock() {
        let ring = SampleRing(capacity: 1_024)
        let clock = PlaybackClock()
        let sound = UnsafeMutablePointer<Float>.allocate(capacity: 480)
        defer { sound.deallocate() }
        sound.initialize(repeating: 0.1, count: 480)
        let count = calls {
            for number in 0..<Self.frames {
                _ = ring.write(sound, count: 480)
                _ = ring.read(into: sound, count: 480)
                clock.report(
                    heardSamples: Int64(number), writtenSamples: Int64(number),
                    nowNs: UInt64(number), running: true)
                _ = clock.heardSamples(nowNs: UInt64(number))
            }
        }
        #expect(count == 0)
    }

    @Test func queueAndLedger() throws {
        var queue = try PlayoutQueue(rateHz: 24_000)
        var ledger = PlayedItems()
        let items = try (0..<4).map { try #require(SpeechItem("item_\($0)")) }
        let (a, b) = (items[0], items[1])
        let sound = UnsafeMutablePointer<Float>.allocate(capacity: 480)
        let cut = UnsafeMutablePointer<CutItem>.allocate(capacity: 64)
        defer {
            sound.deallocate()
            cut.deallocate()
        }
        sound.initialize(repeating: 0.1, count: 480)
        var device: Int64 = 0
        let count = calls {
            for number in 0..<Self.frames {
                _ = queue.append(
                    sound, count: 48, item: number & 8 == 0 ? a : b, endsItem: number & 7 == 7)
                while let chunk = queue.read(into: sound, count: 48) {
                    ledger.record(chunk, rateHz: 24_000, at: device)
                    device += Int64(chunk.count) * 2
                }
                while ledger.advance(to: device - 100) != nil {}
                if number % 1_000 == 999 { _ = ledger.cutOff(&queue, into: cut, capacity: 64) }
            }
        }
        #expect(count == 0)
    }

    @Test func jitterBuffer() {
        var buffer = JitterBuffer(settings: JitterBuffer.Settings(rateHz: 48_000))
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 200)
        defer { bytes.deallocate() }
        bytes.initialize(repeating: 1, count: 200)
        let count = calls {
            for number in 0..<Self.frames {
                let now = Int64(number * 960)
                if number % 17 != 0 {
                    let header = PacketHeader(
                        sequence: UInt16(truncatingIfNeeded: number ^ (number % 5 == 0 ? 1 : 0)),
                        timestamp: UInt32((number ^ (number % 5 == 0 ? 1 : 0)) * 960),
                        sampleCount: 960)
                    buffer.insert(header, bytes: bytes, byteCount: 200, now: now)
                }
                _ = buffer.pull(now: now, isQuiet: number & 1 == 0)
                _ = buffer.statistics
            }
        }
        #expect(count == 0)
    }

    @Test func resampler() throws {
        var down = try Resampler(inputRateHz: 48_000, outputRateHz: 24_000, quality: .lowDelay)
        var up = try Resampler(inputRateHz: 24_000, outputRateHz: 48_000, quality: .transparent)
        let device = UnsafeMutablePointer<Float>.allocate(capacity: 961)
        let wire = UnsafeMutablePointer<Float>.allocate(capacity: 481)
        defer {
            device.deallocate()
            wire.deallocate()
        }
        device.initialize(repeating: 0.1, count: 961)
        let count = calls {
            for _ in 0..<Self.frames {
                let (_, produced) = down.process(device, count: 960, into: wire, capacity: 481)
                _ = up.process(wire, count: produced, into: device, capacity: 961)
            }
        }
        #expect(count == 0)
    }

    @Test func opus() throws {
        var settings = OpusEncoder.Settings()
        settings.complexity = 0
        settings.expectedLossPercent = 10
        var encoder = try OpusEncoder(rateHz: 16_000, settings: settings)
        var decoder = try OpusDecoder(rateHz: 16_000)
        let sound = UnsafeMutablePointer<Float>.allocate(capacity: 1_920)
        let packet = UnsafeMutablePointer<UInt8>.allocate(capacity: 1_275)
        defer {
            sound.deallocate()
            packet.deallocate()
        }
        sound.initialize(repeating: 0.1, count: 1_920)
        let count = calls {
            for number in 0..<Self.frames {
                for index in 0..<160 { sound[index] = Float((index &* number) & 0xFF) / 1_024 }
                let size = encoder.encode(sound, count: 160, into: packet, capacity: 1_275)
                if number % 10 == 9 {
                    _ = decoder.recover(from: packet, byteCount: size, into: sound, count: 160)
                }
                _ = decoder.decode(packet, count: size, into: sound, capacity: 1_920)
                _ = OpusPacket.carriesFEC(packet, count: size)
            }
        }
        #expect(count == 0)
    }
}
