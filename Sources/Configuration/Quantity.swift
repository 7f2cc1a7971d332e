/// Numbers with a unit, as config writes them: `20ms`, `1.5s`, `64KiB`.
enum Quantity {
    static let durationUnits: [(name: String, size: Int64)] = [
        ("h", 3_600_000_000_000), ("min", 60_000_000_000), ("s", 1_000_000_000),
        ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]

    static let sizeUnits: [(name: String, size: Int64)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    /// The duration in nanoseconds, or nil when the text is none.
    static func nanoseconds(_ text: String) -> Int64? { parse(text, units: durationUnits) }

    /// The size in bytes, or nil when the text is none.
    static func bytes(_ text: String) -> Int64? { parse(text, units: sizeUnits) }

    static func text(nanoseconds: Int64) -> String { show(nanoseconds, units: durationUnits) }

    static func text(bytes: Int64) -> String { show(bytes, units: sizeUnits) }

    /// Digits, perhaps a point and digits, then one of the units. No sign, no space; exact or nothing.
    private static func parse(_ text: String, units: [(name: String, size: Int64)]) -> Int64? {
        let number = text.prefix { $0 == "." || ("0"..."9").contains($0) }
        let unitName = text[number.endIndex...]
        guard let unit = units.first(where: { $0.name == unitName })?.size else { return nil }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = Int64(parts[0]) else { return nil }
        let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return scaled }
        guard !parts[1].isEmpty else { return nil }
        var fraction: Int64 = 0
        var place = unit
        for digit in parts[1] {
            guard let value = digit.wholeNumberValue, place % 10 == 0 || value == 0 else {
                return nil
            }
            place /= 10
            fraction += Int64(value) * place
        }
        let (sum, sumOverflow) = scaled.addingReportingOverflow(fraction)
        return sumOverflow ? nil : sum
    }

    /// The largest unit that gives a whole number.
    private static func show(_ value: Int64, units: [(name: String, size: Int64)]) -> String {
        let unit =
            units.first { value % $0.size == 0 && value >= $0.size } ?? units[units.count - 1]
        return "\(value / unit.size)\(unit.name)"
    }
}

extension Duration {
    /// Whole nanoseconds; config holds nothing beyond their range.
    var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
