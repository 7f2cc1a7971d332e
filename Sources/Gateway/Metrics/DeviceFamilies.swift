import Metrics
import PulseAudio

/// Of devices that sessions use or wait for; `direction` is capture or playback.
enum DeviceFamilies {
    private static let labels = ["device", "direction"]
    static let running = MetricFamily(
        .gauge, "device_running", labels: labels, "1 while sound flows.")
    static let buffer = MetricFamily(
        .gauge, "device_buffer", .seconds, labels: labels, "Sound in the server's buffer.")
    static let latency = MetricFamily(
        .gauge, "device_latency", .seconds, labels: labels,
        "Between Parley and the device, at the last measurement.")
    static let ring = MetricFamily(
        .gauge, "device_ring", .seconds, labels: labels,
        "Sound that waits between the sound server's thread and the engine.")
    static let skew = MetricFamily(
        .gauge, "device_clock_skew", .ppm, labels: labels,
        "How much faster than CLOCK_MONOTONIC the device runs; not told until that is known.")

    static let all =
        [running, buffer, latency, ring, skew] + DeviceCounter.all.map(\.perDevice)
        + DeviceCounter.all.map(\.inAll)
}

/// One of ``DeviceCounters`` as two families: of each device, and of all there were. The first begins again
/// when the last session lets go of the device, the second never does.
struct DeviceCounter: Sendable {
    let value: any KeyPath<DeviceCounters, Int> & Sendable
    /// How many make one of the unit.
    let scale: Double
    let perDevice: MetricFamily
    let inAll: MetricFamily

    private init(
        _ value: any KeyPath<DeviceCounters, Int> & Sendable, _ name: String,
        unit: MetricFamily.Unit? = nil, scale: Double = 1, _ help: String
    ) {
        self.value = value
        self.scale = scale
        perDevice = MetricFamily(
            .counter, exactly: "parley_device_" + name, unit: unit,
            labels: ["device", "direction"], help)
        inAll = MetricFamily(
            .counter, exactly: "parley_devices_" + name, unit: unit, labels: ["direction"],
            "Of all devices there were: \(help)")
    }

    func value(in counters: DeviceCounters) -> MetricValue {
        let count = counters[keyPath: value]
        return scale == 1 ? .integer(Int64(count)) : .real(Double(count) / scale)
    }

    static let all: [DeviceCounter] = [
        .init(\.outages, "outages", "Running streams that were lost."),
        .init(
            \.outageNs, "outage", unit: .seconds, scale: 1e9,
            "Time without a stream, from its loss to the next one."),
        .init(\.rebuilds, "rebuilds", "Streams made after the first."),
        .init(\.stalls, "stalls", "Streams that stopped without an error."),
        .init(\.underruns, "underruns", "Times that a loudspeaker ran dry."),
        .init(
            \.overrunSamples, "overrun", unit: .samples,
            "Samples of a microphone that nobody took."),
        .init(\.moves, "moves", "Times that another program moved the stream."),
        .init(\.corkRequests, "cork_requests", "Times that another program asked for a pause."),
    ]
}
