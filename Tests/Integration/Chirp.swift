import Foundation

/// A second of sound at 16 kHz that is like itself at one delay only.
enum Chirp {
    private static var rate: Int { RTPSessions.rate }

    static func samples(from low: Double, to high: Double) -> [Int16] {
        (0..<rate).map { index in
            let t = Double(index) / Double(rate)
            return Int16(9_000 * sin(2 * .pi * (low * t + (high - low) / 2 * t * t)))
        }
    }

    /// The best correlation of the middle of `sound` anywhere in `heard`, 0 to 1, by every 31st sample.
    static func likeness(_ sound: [Int16], in heard: [Int16]) -> Double {
        let middle = stride(from: 4_000, to: 12_000, by: 31).map { Float(sound[$0]) }
        let energy = middle.reduce(0) { $0 + $1 * $1 }
        let ears = heard.map(Float.init)
        var best: Float = 0
        ears.withUnsafeBufferPointer { ears in
            middle.withUnsafeBufferPointer { middle in
                var start = 0
                while start + 8_000 < ears.count {
                    var (product, other): (Float, Float) = (0, 1)
                    var (place, index) = (start, 0)
                    while index < middle.count {
                        product += middle[index] * ears[place]
                        other += ears[place] * ears[place]
                        place += 31
                        index += 1
                    }
                    best = max(best, product / (energy * other).squareRoot())
                    start += 1
                }
            }
        }
        return Double(best)
    }
}
