import ParleyTransport

/// A peer that sends a tone in real time, whatever it hears.
struct ToneSource: ~Copyable {
    private var coder: SoundCoder
    private let toneHz: Double
    private let frameSamples: Int
    private let frameNs: UInt64
    private var position = 0
    /// nil until it was started.
    private(set) var nextDueNs: UInt64?

    init(_ options: LoopbackOptions) throws(TransportError) {
        coder = try SoundCoder(options.format)
        toneHz = options.toneHz
        frameSamples = options.format.rateHz * options.frameMs / 1000
        frameNs = UInt64(options.frameMs) * 1_000_000
    }

    mutating func start(nowNs: UInt64) { nextDueNs = nowNs }

    /// Gives every frame that is due. Behind by more than a second, it goes on from now.
    mutating func advance(nowNs: UInt64, _ emit: EchoPath.Emit) {
        guard var due = nextDueNs else { return }
        if nowNs > due + 1_000_000_000 { due = nowNs }
        while due <= nowNs {
            let header = AudioHeader(
                format: coder.format, sampleCount: frameSamples, timestamp: UInt64(position))
            let (start, rateHz, toneHz) = (position, coder.format.rateHz, toneHz)
            try? coder.encode(
                count: frameSamples,
                sound: { VoiceSound.tone(start + $0, rateHz: rateHz, toneHz: toneHz) }
            ) { emit(header, $0) }
            position += frameSamples
            due += frameNs
        }
        nextDueNs = due
    }
}
