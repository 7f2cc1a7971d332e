/// The text format of OpenMetrics 1.0 ("Text format").
public enum OpenMetricsText {
    public static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    public static func bytes(_ collection: MetricCollection) -> [UInt8] {
        var text: [UInt8] = []
        for (family, samples) in collection.families where !samples.isEmpty {
            line(&text, "# TYPE \(family.name) \(family.kind.rawValue)")
            if let unit = family.unit { line(&text, "# UNIT \(family.name) \(unit.rawValue)") }
            line(&text, "# HELP \(family.name) \(escaped(family.help))")
            for sample in samples { write(sample, &text) }
        }
        line(&text, "# EOF")
        return text
    }

    private static func write(_ sample: MetricSample, _ text: inout [UInt8]) {
        text += sample.name.utf8
        if !sample.labels.isEmpty {
            text.append(UInt8(ascii: "{"))
            for (place, label) in sample.labels.enumerated() {
                if place > 0 { text.append(UInt8(ascii: ",")) }
                text += label.name.utf8
                text += "=\"".utf8
                text += escaped(label.value).utf8
                text.append(UInt8(ascii: "\""))
            }
            text.append(UInt8(ascii: "}"))
        }
        line(&text, " \(sample.value.text)")
    }

    private static func line(_ text: inout [UInt8], _ line: String) {
        text += line.utf8
        text.append(UInt8(ascii: "\n"))
    }

    /// Backslash, quote and line feed; the format knows no other escapes.
    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else {
            return text
        }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
