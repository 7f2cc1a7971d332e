import CSpeexDSP

/// A resampler that could not be made.
public struct ResamplerError: Error, Sendable, CustomStringConvertible {
    public let inputRateHz: Int
    public let outputRateHz: Int
    /// RESAMPLER_ERR_ and so on.
    public let code: Int

    public var description: String {
        "Sound at \(inputRateHz) Hz can't be converted to \(outputRateHz) Hz: "
            + "\(String(cString: speex_resampler_strerror(CInt(code)))) (\(code))."
    }
}
