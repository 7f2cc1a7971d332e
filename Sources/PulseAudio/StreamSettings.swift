import CPulse

/// How much sound a stream keeps in the server.
public struct StreamSettings: Sendable, Hashable {
    /// What a capture stream may take in all: half in the source, half in the stream.
    public var captureMs: Double
    /// What a playback stream holds in all, from our write to the sink's end.
    public var playbackMs: Double
    /// To where an unlucky playback stream may grow.
    public var maximumPlaybackMs: Double
    /// Without sound for this long a capture stream, and without a request a playback stream, is
    /// taken as broken.
    public var stall: Duration
    /// The same for a stream that has not begun. An idle device may have looked ahead before our
    /// stream asked for haste: PulseAudio's null sink by two seconds.
    public var firstSound: Duration

    public init(
        captureMs: Double = 10, playbackMs: Double = 15, maximumPlaybackMs: Double = 100,
        stall: Duration = .milliseconds(500), firstSound: Duration = .milliseconds(2500)
    ) {
        self.captureMs = captureMs
        self.playbackMs = playbackMs
        self.maximumPlaybackMs = maximumPlaybackMs
        self.stall = stall
        self.firstSound = firstSound
    }
}

/// The one format of device streams: mono Float at 48 kHz; the server converts.
enum StreamFormat {
    static var rateHz: Int64 { 48_000 }
    static var sampleBytes: Int { 4 }

    static var specification: pa_sample_spec {
        #if _endian(little)
            pa_sample_spec(format: PA_SAMPLE_FLOAT32LE, rate: 48_000, channels: 1)
        #else
            pa_sample_spec(format: PA_SAMPLE_FLOAT32BE, rate: 48_000, channels: 1)
        #endif
    }

    static func bytes(ms: Double) -> UInt32 { UInt32(max(1, ms * 48)) * UInt32(sampleBytes) }
    static func ms(bytes: UInt32) -> Double { Double(bytes) / Double(sampleBytes) / 48 }
}

/// What has happened to a stream, and how long sound takes through it.
public struct StreamFigures: Sendable, Hashable {
    /// Playback: times that the device ran dry. Capture: 0.
    public var underruns = 0
    /// Samples lost because nobody took them.
    public var overrunSamples = 0
    /// Asked of the server in all.
    public var requestedMs = 0.0
    /// What the server gave: the stream's buffer or fragment and the device's latency.
    public var actualMs = 0.0
    /// Between our end and the device's, at the last measurement.
    public var latencyMs = 0.0
    /// By which the device's clock is faster than CLOCK_MONOTONIC; nil while that is not known.
    public var clockSkewPpm: Double?
    /// Between the pulse thread and the engine.
    public var ringMs = 0.0
    /// Times that another program asked us to pause (a phone's sound does not).
    public var corkRequests = 0
    /// Times that another program moved the stream.
    public var moves = 0

    public init() {}
}
