import CSpeexDSP

/// Converts a mono stream from one rate to another with a linear-phase filter. Make it on any thread,
/// then use it on one. The choice of library and qualities: docs/decisions/0002-resampler.md.
///
/// Every call gives out all that its input determines, so beyond the filter's own delay nothing is held
/// back: after N input samples there are N * output / input output samples, rounded either way.
/// Equal rates pass through untouched and undelayed.
public struct Resampler: ~Copyable {
    public enum Quality: Sendable, CaseIterable {
        /// For the microphone: 0.67 ms between 48 and 24 kHz. Falls by 2 dB at 85 % of the band; aliases
        /// below -70 dB.
        case lowDelay
        /// For what is listened to: 1.33 ms between 24 and 48 kHz. Flat within 0.01 dB up to 85 % of the
        /// band; aliases below -90 dB.
        case transparent
    }

    public let inputRateHz: Int
    public let outputRateHz: Int
    /// The filter's delay. Input sample i comes out as sample i * output / input + this.
    public let latencyOutputSamples: Int
    /// The same, in samples of the input.
    public let latencyInputSamples: Int
    /// nil: equal rates.
    private let handle: OpaquePointer?

    public init(
        inputRateHz: Int, outputRateHz: Int, quality: Quality
    ) throws(ResamplerError) {
        precondition(inputRateHz > 0 && outputRateHz > 0, "a rate is positive")
        self.inputRateHz = inputRateHz
        self.outputRateHz = outputRateHz
        guard inputRateHz != outputRateHz else {
            handle = nil
            latencyInputSamples = 0
            latencyOutputSamples = 0
            return
        }
        var code: CInt = 0
        let level = Self.level(quality, inputRateHz: inputRateHz, outputRateHz: outputRateHz)
        let made = speex_resampler_init(
            1, spx_uint32_t(inputRateHz), spx_uint32_t(outputRateHz), level, &code)
        guard let made else {
            throw ResamplerError(
                inputRateHz: inputRateHz, outputRateHz: outputRateHz, code: Int(code))
        }
        handle = made
        latencyInputSamples = Int(speex_resampler_get_input_latency(made))
        latencyOutputSamples = Int(speex_resampler_get_output_latency(made))
    }

    deinit {
        if let handle { speex_resampler_destroy(handle) }
    }

    /// speexdsp interpolates its shortest filters instead of computing them when the rate grows more
    /// than fourfold, which costs four times the work and 15 dB: then the next longer one.
    private static func level(_ quality: Quality, inputRateHz: Int, outputRateHz: Int) -> CInt {
        switch quality {
        case .lowDelay: outputRateHz > inputRateHz * 4 ? 3 : 2
        case .transparent: 4
        }
    }

    /// Output samples that `count` more input samples can give at most.
    @_noLocks
    public func outputCapacity(inputCount count: Int) -> Int {
        (count * outputRateHz + inputRateHz - 1) / inputRateHz + 1
    }

    /// Converts as much as there is input and room for. With `capacity` from
    /// ``outputCapacity(inputCount:)`` all input is consumed.
    /// [one thread, real-time safe]
    @_noLocks
    public mutating func process(
        _ input: UnsafePointer<Float>, count: Int, into output: UnsafeMutablePointer<Float>,
        capacity: Int
    ) -> (consumed: Int, produced: Int) {
        guard count > 0, capacity > 0 else { return (0, 0) }
        guard let handle else {
            let moved = min(count, capacity)
            UnsafeMutableRawPointer(output)
                .copyMemory(from: input, byteCount: moved * MemoryLayout<Float>.stride)
            return (moved, moved)
        }
        var consumed = UInt32(truncatingIfNeeded: count)
        var produced = UInt32(truncatingIfNeeded: capacity)
        _ = parley_resampler_process(handle, input, &consumed, output, &produced)
        return (Int(consumed), Int(produced))
    }

    /// Forgets the past signal. [one thread, real-time safe]
    @_noLocks
    public mutating func reset() {
        if let handle { _ = parley_resampler_reset(handle) }
    }
}
