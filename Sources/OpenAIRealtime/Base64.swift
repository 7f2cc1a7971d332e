/// Base64 (RFC 4648, section 4) from bytes to bytes, without strings between.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The value of each character; 0x80 for what is none.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 0x80, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Appends the text of `bytes`, padded.
    static func encode(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
        let start = text.count
        text.append(contentsOf: repeatElement(UInt8(ascii: "="), count: encodedCount(bytes.count)))
        alphabet.withUnsafeBufferPointer { digits in
            text.withUnsafeMutableBufferPointer { target in
                var from = 0
                var to = start
                while from + 2 < bytes.count {
                    let group =
                        UInt32(bytes[from]) << 16 | UInt32(bytes[from + 1]) << 8
                        | UInt32(bytes[from + 2])
                    target[to] = digits[Int(group >> 18)]
                    target[to + 1] = digits[Int(group >> 12 & 63)]
                    target[to + 2] = digits[Int(group >> 6 & 63)]
                    target[to + 3] = digits[Int(group & 63)]
                    from += 3
                    to += 4
                }
                guard from < bytes.count else { return }
                let isLonger = from + 1 < bytes.count
                let group =
                    UInt32(bytes[from]) << 16 | (isLonger ? UInt32(bytes[from + 1]) << 8 : 0)
                target[to] = digits[Int(group >> 18)]
                target[to + 1] = digits[Int(group >> 12 & 63)]
                if isLonger { target[to + 2] = digits[Int(group >> 6 & 63)] }
            }
        }
    }

    /// The most bytes that a text of `count` characters holds.
    static func decodedCountMax(_ count: Int) -> Int { (count + 3) / 4 * 3 }

    /// Writes the bytes of `text` to `target`, which has room for ``decodedCountMax(_:)``, and answers
    /// how many they are. Padding may be missing. nil when `text` is not base64.
    static func decode(
        _ text: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        var end = text.count
        if end.isMultiple(of: 4) {
            for _ in 0..<2 where end > 0 && text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        }
        guard end % 4 != 1 else { return nil }
        return values.withUnsafeBufferPointer { values in
            var faults: UInt8 = 0
            var from = 0
            var to = 0
            while from + 3 < end {
                let one = values[Int(text[from])]
                let two = values[Int(text[from + 1])]
                let three = values[Int(text[from + 2])]
                let four = values[Int(text[from + 3])]
                faults |= one | two | three | four
                target[to] = one << 2 | two >> 4
                target[to + 1] = two << 4 | three >> 2
                target[to + 2] = three << 6 | four
                from += 4
                to += 3
            }
            if from + 1 < end {
                let one = values[Int(text[from])]
                let two = values[Int(text[from + 1])]
                faults |= one | two
                target[to] = one << 2 | two >> 4
                to += 1
                if from + 2 < end {
                    let three = values[Int(text[from + 2])]
                    faults |= three
                    target[to] = two << 4 | three >> 2
                    to += 1
                }
            }
            return faults & 0x80 == 0 ? to : nil
        }
    }
}
