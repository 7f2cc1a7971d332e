/// Which packets came and when, over all streams of a transport, for a peer that controls its congestion
/// by it (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1). Packets carry a number in a
/// header extension; feedback goes out every 100 ms while some come.
public struct TransportFeedback: Sendable {
    public static let intervalNs: UInt64 = 100_000_000
    /// Numbers that one feedback covers: what is further back is given up.
    private static var capacity: Int64 { 512 }
    /// A step of arrival times on the wire.
    private static var tickNs: Int64 { 250_000 }
    /// A step of the reference time: 64 ms.
    private static var referenceTicks: Int64 { 256 }

    private var extender = SequenceExtender<UInt16>()
    private var arrivals: [Int64: Int64] = [:]
    /// The first number of the next feedback.
    private var base: Int64?
    private var count: UInt8 = 0
    private var media: UInt32 = 0
    public private(set) var nextDueNs: UInt64?

    public init() {}

    public mutating func received(_ sequence: UInt16, ssrc: UInt32, nowNs: UInt64) {
        let number = extender.extend(sequence)
        if let base, number < base { return }
        media = ssrc
        arrivals[number] = Int64(nowNs) / Self.tickNs
        nextDueNs = nextDueNs ?? nowNs + Self.intervalNs
    }

    /// The feedback packet for what came since the last; nil when nothing did.
    public mutating func take(sender: UInt32) -> [UInt8]? {
        nextDueNs = nil
        guard let newest = arrivals.keys.max(), let oldest = arrivals.keys.min() else { return nil }
        let start = max(base ?? oldest, newest - Self.capacity + 1)
        let numbers = start...newest
        guard
            let firstTick = numbers.first(where: { arrivals[$0] != nil }).flatMap({ arrivals[$0] })
        else { return nil }
        let reference = firstTick / Self.referenceTicks
        var (symbols, deltas) = ([UInt8](), [UInt8]())
        var before = reference * Self.referenceTicks
        for number in numbers {
            guard let tick = arrivals[number] else {
                symbols.append(0)
                continue
            }
            let delta = tick - before
            before = tick
            if (0...255).contains(delta) {
                symbols.append(1)
                deltas.append(UInt8(delta))
            } else {
                // Out of order, or after a long pause.
                symbols.append(2)
                deltas.append(
                    uint16: UInt16(bitPattern: Int16(clamping: delta)))
            }
        }
        arrivals = [:]
        base = newest + 1
        defer { count &+= 1 }
        return packet(
            sender, base: start, symbols: symbols, reference: reference, deltas: deltas)
    }

    private func packet(
        _ sender: UInt32, base: Int64, symbols: [UInt8], reference: Int64, deltas: [UInt8]
    ) -> [UInt8] {
        var bytes: [UInt8] = [0x8f, 205, 0, 0]
        bytes.append(uint32: sender)
        bytes.append(uint32: media)
        bytes.append(uint16: UInt16(truncatingIfNeeded: base))
        bytes.append(uint16: UInt16(symbols.count))
        bytes.append(uint24: UInt32(truncatingIfNeeded: reference) & 0xff_ffff)
        bytes.append(count)
        // Vectors of seven symbols of two bits.
        for first in stride(from: 0, to: symbols.count, by: 7) {
            var chunk: UInt16 = 0xc000
            for (place, symbol) in symbols[first..<min(first + 7, symbols.count)].enumerated() {
                chunk |= UInt16(symbol) << (12 - 2 * place)
            }
            bytes.append(uint16: chunk)
        }
        bytes += deltas
        // Padding, which its last byte counts.
        let padding = (4 - bytes.count % 4) % 4
        if padding > 0 {
            bytes[0] |= 0x20
            bytes += [UInt8](repeating: 0, count: padding - 1) + [UInt8(padding)]
        }
        let words = UInt16(bytes.count / 4 - 1)
        bytes[2] = UInt8(words >> 8)
        bytes[3] = UInt8(truncatingIfNeeded: words)
        return bytes
    }
}
