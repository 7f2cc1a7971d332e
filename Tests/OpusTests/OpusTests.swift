import Foundation
import Opus
import Testing

@Suite struct OpusTests {
    /// A voice-like sum of harmonics with a moving pitch.
    static func voice(rateHz: Int, count: Int) -> [Float] {
        (0..<count).map { index in
            let t = Double(index) / Double(rateHz)
            let phase = 2 * .pi * (150 * t + 6 * sin(2 * .pi * 0.7 * t))
            let tone = (1...8).reduce(0.0) { $0 + sin(Double($1) * phase) / Double($1) }
            return Float(0.2 * tone * (0.6 + 0.4 * sin(2 * .pi * 3 * t)))
        }
    }

    /// Largest normalised correlation over delays of `delays` samples.
    static func correlation(_ x: [Float], _ y: [Float], delays: Range<Int>) -> (Double, delay: Int)
    {
        var best = (-1.0, delay: 0)
        for delay in delays {
            let count = min(x.count, y.count - delay)
            var xy = 0.0
            var xx = 0.0
            var yy = 0.0
            for index in 0..<count {
                let a = Double(x[index])
                let b = Double(y[index + delay])
                xy += a * b
                xx += a * a
                yy += b * b
            }
            let value = xy / max(1e-12, (xx * yy).squareRoot())
            if value > best.0 { best = (value, delay) }
        }
        return best
    }

    @Test(arguments: [8_000, 16_000, 24_000, 48_000])
    func speechSurvivesTheRoundTrip(rateHz: Int) throws {
        var settings = OpusEncoder.Settings()
        // The speech modes keep the sound of a waveform rather than its shape.
        settings.application = .audio
        settings.signal = .music
        settings.bitrateBps = 64_000
        var encoder = try OpusEncoder(rateHz: rateHz, settings: settings)
        var decoder = try OpusDecoder(rateHz: rateHz)
        let frame = try #require(OpusEncoder.frameSamples(durationUs: 20_000, rateHz: rateHz))
        let sound = Self.voice(rateHz: rateHz, count: frame * 50)
        var packet = [UInt8](repeating: 0, count: OpusEncoder.packetBytesMaximum)
        var out = [Float](repeating: 0, count: decoder.packetSamplesMaximum)
        var heard: [Float] = []
        for start in stride(from: 0, to: sound.count, by: frame) {
            let bytes = sound.withUnsafeBufferPointer {
                encoder.encode(
                    $0.baseAddress! + start, count: frame, into: &packet, capacity: packet.count)
            }
            #expect(bytes > 2)
            #expect(OpusPacket.sampleCount(packet, count: bytes, rateHz: rateHz) == frame)
            let count = decoder.decode(packet, count: bytes, into: &out, capacity: out.count)
            #expect(count == frame)
            heard += out[..<count]
        }
        let delays = 0..<(rateHz / 50)
        let (match, delay) = Self.correlation(sound, heard, delays: delays)
        #expect(match > 0.98, "correlation \(match) at \(rateHz) Hz")
        #expect(abs(delay - encoder.lookaheadSamples) <= rateHz / 1_000, "\(delay)")
    }

    @Test(arguments: [2_500, 5_000, 10_000, 20_000, 40_000, 60_000])
    func everyFrameLengthIsCoded(durationUs: Int) throws {
        var encoder = try OpusEncoder(rateHz: 48_000)
        let frame = try #require(OpusEncoder.frameSamples(durationUs: durationUs, rateHz: 48_000))
        var packet = [UInt8](repeating: 0, count: OpusEncoder.packetBytesMaximum)
        let sound = Self.voice(rateHz: 48_000, count: frame)
        let bytes = encoder.encode(sound, count: frame, into: &packet, capacity: packet.count)
        #expect(bytes > 0)
        #expect(OpusPacket.sampleCount(packet, count: bytes, rateHz: 48_000) == frame)
        #expect(OpusEncoder.frameSamples(durationUs: 30_000, rateHz: 48_000) == nil)
    }

    /// One packet in five is lost: the copy in the next one gives back more than guessing does.
    @Test func forwardErrorCorrectionBeatsConcealment() throws {
        var settings = OpusEncoder.Settings()
        settings.expectedLossPercent = 30
        settings.signal = .voice
        settings.bitrateBps = 32_000
        let frame = 320
        let sound = Self.voice(rateHz: 16_000, count: frame * 100)
        var encoder = try OpusEncoder(rateHz: 16_000, settings: settings)
        var packets: [[UInt8]] = []
        for start in stride(from: 0, to: sound.count, by: frame) {
            var packet = [UInt8](repeating: 0, count: OpusEncoder.packetBytesMaximum)
            let bytes = sound.withUnsafeBufferPointer {
                encoder.encode(
                    $0.baseAddress! + start, count: frame, into: &packet, capacity: packet.count)
            }
            packets.append(Array(packet.prefix(bytes)))
        }
        #expect(
            packets.dropFirst(10).filter { OpusPacket.carriesFEC($0, count: $0.count) }.count > 40)

        func error(usingFEC: Bool) throws -> Double {
            var perfect = try OpusDecoder(rateHz: 16_000)
            var lossy = try OpusDecoder(rateHz: 16_000)
            var reference = [Float](repeating: 0, count: 1_920)
            var out = reference
            var sum = 0.0
            for index in packets.indices.dropLast() {
                let packet = packets[index]
                let next = packets[index + 1]
                _ = perfect.decode(packet, count: packet.count, into: &reference, capacity: 1_920)
                guard index % 5 == 4 else {
                    _ = lossy.decode(packet, count: packet.count, into: &out, capacity: 1_920)
                    continue
                }
                let count =
                    usingFEC
                    ? lossy.recover(from: next, byteCount: next.count, into: &out, count: frame)
                    : lossy.conceal(into: &out, count: frame)
                #expect(count == frame)
                sum += zip(reference, out).prefix(frame).reduce(0) {
                    $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
                }
            }
            return sum
        }
        let recovered = try error(usingFEC: true)
        let guessed = try error(usingFEC: false)
        #expect(recovered < guessed / 2, "recovered \(recovered), guessed \(guessed)")
    }

    @Test func silenceUnderDTXNeedsAlmostNoPackets() throws {
        var settings = OpusEncoder.Settings()
        settings.usesDTX = true
        settings.signal = .voice
        var encoder = try OpusEncoder(rateHz: 16_000, settings: settings)
        let silence = [Float](repeating: 0, count: 320)
        var packet = [UInt8](repeating: 0, count: OpusEncoder.packetBytesMaximum)
        var sizes: [Int] = []
        for _ in 0..<100 {
            sizes.append(
                encoder.encode(silence, count: 320, into: &packet, capacity: packet.count))
        }
        #expect(sizes.suffix(50).filter { !OpusPacket.isDTX(byteCount: $0) }.count < 5, "\(sizes)")
    }

    @Test func badInputIsANumberNotATrap() throws {
        var encoder = try OpusEncoder(rateHz: 48_000)
        var decoder = try OpusDecoder(rateHz: 48_000)
        var packet = [UInt8](repeating: 0xFF, count: 1_275)
        var out = [Float](repeating: 0, count: 5_760)
        #expect(encoder.encode(out, count: 100, into: &packet, capacity: 1_275) < 0)
        #expect(decoder.decode(packet, count: 1_275, into: &out, capacity: 5_760) < 0)
        #expect(decoder.decode(packet, count: 0, into: &out, capacity: 5_760) < 0)
        #expect(OpusPacket.sampleCount(packet, count: 0, rateHz: 48_000) == nil)
    }

    @Test func aRateThatOpusLacksIsRefusedInWords() {
        let error = #expect(throws: OpusError.self) { _ = try OpusDecoder(rateHz: 44_100) }
        #expect(error?.description == "Opus could not make a decoder: invalid argument (-1).")
    }

    @Test func theBitRateFollowsTheNetwork() throws {
        var encoder = try OpusEncoder(rateHz: 48_000)
        let sound = Self.voice(rateHz: 48_000, count: 960 * 20)
        var packet = [UInt8](repeating: 0, count: OpusEncoder.packetBytesMaximum)
        func bytes() -> Int {
            (0..<20).reduce(0) { sum, index in
                sum
                    + sound.withUnsafeBufferPointer {
                        encoder.encode(
                            $0.baseAddress! + index * 960, count: 960, into: &packet,
                            capacity: packet.count)
                    }
            }
        }
        encoder.adapt(bitrateBps: 64_000)
        let many = bytes()
        encoder.adapt(bitrateBps: 12_000)
        let few = bytes()
        #expect(few * 3 < many, "\(few) and \(many) bytes")
    }
}
