/// A bar for the loudness of a direction.
public enum LevelMeter {
    /// Left end of the bar; the right one is full scale.
    static let floorDb = -60.0

    /// A bar of `columns` cells, filled in eighths, such as `█████▍    `.
    ///
    /// - Parameter levelDb: in dBFS; nil when nothing is known, drawn as dots.
    public static func bar(levelDb: Double?, columns: Int) -> String {
        guard columns > 0 else { return "" }
        guard let levelDb else { return String(repeating: "·", count: columns) }
        let share = min(1, max(0, (levelDb - floorDb) / -floorDb))
        let eighths = Int((share * Double(columns) * 8).rounded())
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let bar = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
        return bar + String(repeating: " ", count: columns - bar.count)
    }

    /// `-12 dB`, right-aligned in 7 columns.
    public static func figure(levelDb: Double?) -> String {
        guard let levelDb else { return "      -" }
        let text = levelDb <= floorDb ? "quiet" : "\(Int(levelDb.rounded())) dB"
        return String(repeating: " ", count: max(0, 7 - text.count)) + text
    }
}
