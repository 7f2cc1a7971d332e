import COpus

/// Decodes one stream to mono. Make it on any thread, then use it on one.
public struct OpusDecoder: ~Copyable {
    /// 8000, 12000, 16000, 24000 or 48000; any stream can be decoded at any of them.
    public let rateHz: Int
    private let handle: OpaquePointer

    public init(rateHz: Int) throws(OpusError) {
        var code: CInt = 0
        let made = opus_decoder_create(opus_int32(rateHz), 1, &code)
        guard let made else { throw OpusError(code: Int(code), operation: "make a decoder") }
        self.rateHz = rateHz
        handle = made
    }

    deinit { opus_decoder_destroy(handle) }

    /// Samples of the longest packet, 120 ms.
    public var packetSamplesMaximum: Int { @_noLocks get { rateHz / 1_000 * 120 } }

    /// Decodes a packet.
    /// - Parameter capacity: samples that fit; ``packetSamplesMaximum`` always suffices.
    /// - Returns: samples written, or a negative libopus code.
    /// [one thread, real-time safe]
    @_noLocks
    public mutating func decode(
        _ bytes: UnsafePointer<UInt8>, count: Int, into samples: UnsafeMutablePointer<Float>,
        capacity: Int
    ) -> Int {
        // libopus takes an empty packet for a lost one.
        guard count > 0 else { return Int(OPUS_INVALID_PACKET) }
        return Int(
            parley_opus_decode(
                handle, bytes, opus_int32(truncatingIfNeeded: count), samples,
                CInt(truncatingIfNeeded: capacity), 0))
    }

    /// Invents `count` samples (a multiple of 2.5 ms) in place of a lost packet, or of one that DTX left
    /// out.
    /// - Returns: samples written, or a negative libopus code.
    /// [one thread, real-time safe]
    @_noLocks
    public mutating func conceal(into samples: UnsafeMutablePointer<Float>, count: Int) -> Int {
        Int(parley_opus_decode(handle, nil, 0, samples, CInt(truncatingIfNeeded: count), 0))
    }

    /// Recovers the `count` samples before `next` (a multiple of 2.5 ms) from the copy in it; conceals
    /// what it holds no copy of. Decode `next` itself afterwards.
    /// - Returns: samples written, or a negative libopus code.
    /// [one thread, real-time safe]
    @_noLocks
    public mutating func recover(
        from next: UnsafePointer<UInt8>, byteCount: Int,
        into samples: UnsafeMutablePointer<Float>, count: Int
    ) -> Int {
        guard byteCount > 0 else { return conceal(into: samples, count: count) }
        return Int(
            parley_opus_decode(
                handle, next, opus_int32(truncatingIfNeeded: byteCount), samples,
                CInt(truncatingIfNeeded: count), 1))
    }

    /// Forgets the past signal. [one thread, real-time safe]
    @_noLocks
    public mutating func reset() { _ = parley_opus_decoder_reset(handle) }
}
