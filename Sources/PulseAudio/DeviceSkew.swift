import AudioCore

/// The clock of a device, which is the pace of its samples, against CLOCK_MONOTONIC.
enum DeviceSkew {
    /// More than a cycle of PipeWire in 50 ms is a stream that stood still.
    static func make() -> ClockSkew { ClockSkew(jumpMs: 50, leastSeconds: 30) }
}

extension ClockSkew {
    /// The device was at this sample at this time. [real-time safe]
    mutating func note(sample: Int64, atNs: UInt64) {
        note(Double(sample) / Double(StreamFormat.rateHz), at: Double(atNs) / 1e9)
    }
}
