import Opus
import ParleyTransport

import enum AudioCore.G711

/// Codes sound that the fake peer makes itself, one frame at a time, in the format of the connection.
struct SoundCoder: ~Copyable {
    let format: AudioFormat
    private var samples: [Int16] = []
    private var floats: [Float] = []
    private var coded: [UInt8] = []
    private var encoder: OpusEncoder?

    init(_ format: AudioFormat) throws(TransportError) {
        self.format = format
        guard format == .opus else { return }
        coded = [UInt8](repeating: 0, count: OpusEncoder.packetBytesMaximum)
        do throws(OpusError) {
            encoder = try OpusEncoder(rateHz: 48_000)
        } catch {
            throw TransportError(.failed, "no Opus encoder: \(error)")
        }
    }

    /// Codes `count` samples of `sound` and lends the bytes to `body`.
    mutating func encode(
        count: Int, sound: (Int) -> Int16, _ body: (RawSpan) -> Void
    ) throws(TransportError) {
        samples.removeAll(keepingCapacity: true)
        for index in 0..<count { samples.append(sound(index)) }
        switch format.codec {
        case .pcmS16LE:
            coded.removeAll(keepingCapacity: true)
            for sample in samples {
                coded.append(UInt8(truncatingIfNeeded: sample))
                coded.append(UInt8(truncatingIfNeeded: sample >> 8))
            }
            body(coded.span.bytes)
        case .pcmu:
            coded.removeAll(keepingCapacity: true)
            for sample in samples { coded.append(G711.encodeMu(sample)) }
            body(coded.span.bytes)
        case .pcma:
            coded.removeAll(keepingCapacity: true)
            for sample in samples { coded.append(G711.encodeA(sample)) }
            body(coded.span.bytes)
        case .opus: try encodeOpus(body)
        }
    }

    private mutating func encodeOpus(_ body: (RawSpan) -> Void) throws(TransportError) {
        floats.removeAll(keepingCapacity: true)
        for sample in samples { floats.append(Float(sample) / 32768) }
        let size =
            encoder?.encode(
                &floats, count: floats.count, into: &coded, capacity: coded.count) ?? 0
        guard size > 0 else {
            throw TransportError(.failed, "Opus can't code \(samples.count) samples: \(size)")
        }
        body(coded.span.bytes.extracting(first: size))
    }
}
