import COpus

/// Encodes one mono stream. Make it on any thread, then use it on one.
public struct OpusEncoder: ~Copyable {
    public enum Application: String, Sendable, CaseIterable {
        /// Speech: intelligible at low rates.
        case voip
        /// Faithful to the input, music too.
        case audio
        /// As `audio`, with 2.5 ms lookahead instead of 6.5, and without the speech modes and FEC.
        case lowDelay

        var raw: CInt {
            switch self {
            case .voip: OPUS_APPLICATION_VOIP
            case .audio: OPUS_APPLICATION_AUDIO
            case .lowDelay: OPUS_APPLICATION_RESTRICTED_LOWDELAY
            }
        }
    }

    public enum Signal: String, Sendable, CaseIterable {
        case automatic, voice, music

        var raw: CInt {
            switch self {
            case .automatic: OPUS_AUTO
            case .voice: OPUS_SIGNAL_VOICE
            case .music: OPUS_SIGNAL_MUSIC
            }
        }
    }

    public struct Settings: Sendable, Equatable {
        public var application = Application.voip
        /// 500 to 512,000 bit/s; 0 lets libopus choose by rate and frame length.
        public var bitrateBps = 32_000
        /// 0 to 10. 5 costs about half of 9.
        public var complexity = 5
        /// Puts a coarse copy of each speech frame into the next packet, while ``expectedLossPercent`` > 0.
        public var usesFEC = true
        /// 0 to 100.
        public var expectedLossPercent = 0
        /// Sends almost nothing in silence.
        public var usesDTX = false
        public var signal = Signal.automatic
        public var usesVariableBitrate = true

        public init() {}
    }

    /// 8000, 12000, 16000, 24000 or 48000.
    public let rateHz: Int
    /// Samples by which the coded sound is late, at ``rateHz``.
    public let lookaheadSamples: Int
    private let handle: OpaquePointer

    public init(rateHz: Int, settings: Settings = Settings()) throws(OpusError) {
        var code: CInt = 0
        let made = opus_encoder_create(opus_int32(rateHz), 1, settings.application.raw, &code)
        guard let made else { throw OpusError(code: Int(code), operation: "make an encoder") }
        do throws(OpusError) {
            var lookahead: opus_int32 = 0
            try OpusError.check(
                parley_opus_encoder_lookahead(made, &lookahead), "tell the lookahead")
            let bitrate = settings.bitrateBps == 0 ? OPUS_AUTO : CInt(settings.bitrateBps)
            try OpusError.check(
                parley_opus_encoder_set_bitrate(made, bitrate), "set the bit rate")
            try OpusError.check(
                parley_opus_encoder_set_complexity(made, CInt(settings.complexity)),
                "set the complexity")
            try OpusError.check(
                parley_opus_encoder_set_fec(made, settings.usesFEC ? 1 : 0), "set FEC")
            try OpusError.check(
                parley_opus_encoder_set_loss(made, CInt(settings.expectedLossPercent)),
                "set the expected loss")
            try OpusError.check(
                parley_opus_encoder_set_dtx(made, settings.usesDTX ? 1 : 0), "set DTX")
            try OpusError.check(
                parley_opus_encoder_set_signal(made, settings.signal.raw), "set the signal")
            try OpusError.check(
                parley_opus_encoder_set_vbr(made, settings.usesVariableBitrate ? 1 : 0),
                "set variable bit rate")
            self.rateHz = rateHz
            lookaheadSamples = Int(lookahead)
            handle = made
        } catch {
            opus_encoder_destroy(made)
            throw error
        }
    }

    deinit { opus_encoder_destroy(handle) }

    /// Bytes that any packet fits into.
    public static var packetBytesMaximum: Int { @_noLocks get { 1_275 } }

    /// Samples of a frame of `durationUs`; nil for a length that Opus does not have (it has 2.5, 5, 10,
    /// 20, 40 and 60 ms).
    @_noLocks
    public static func frameSamples(durationUs: Int, rateHz: Int) -> Int? {
        switch durationUs {
        case 2_500, 5_000, 10_000, 20_000, 40_000, 60_000: rateHz * durationUs / 1_000_000
        default: nil
        }
    }

    /// Encodes one frame of `count` samples (2.5 to 60 ms).
    /// - Returns: the packet's size in bytes, or a negative libopus code. With DTX a packet of at most 2
    ///   bytes need not be sent.
    /// [one thread, real-time safe]
    @_noLocks
    public mutating func encode(
        _ samples: UnsafePointer<Float>, count: Int, into bytes: UnsafeMutablePointer<UInt8>,
        capacity: Int
    ) -> Int {
        Int(
            parley_opus_encode(
                handle, samples, CInt(truncatingIfNeeded: count), bytes,
                opus_int32(truncatingIfNeeded: capacity)))
    }

    /// Adapts to what the network reports; libopus clamps or refuses what is out of range.
    /// [one thread, real-time safe]
    @_noLocks
    public mutating func adapt(bitrateBps: Int) {
        _ = parley_opus_encoder_set_bitrate(handle, opus_int32(truncatingIfNeeded: bitrateBps))
    }

    @_noLocks
    public mutating func adapt(expectedLossPercent: Int) {
        _ = parley_opus_encoder_set_loss(
            handle, opus_int32(truncatingIfNeeded: expectedLossPercent))
    }

    /// Forgets the past signal. [one thread, real-time safe]
    @_noLocks
    public mutating func reset() { _ = parley_opus_encoder_reset(handle) }
}
