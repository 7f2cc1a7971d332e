import COpus

/// What libopus refused.
public struct OpusError: Error, Sendable, Equatable, CustomStringConvertible {
    /// OPUS_BAD_ARG and so on; negative.
    public let code: Int
    public let operation: StaticString

    public static func == (one: OpusError, other: OpusError) -> Bool { one.code == other.code }

    public var description: String {
        "Opus could not \(operation): \(String(cString: opus_strerror(CInt(code)))) (\(code))."
    }

    static func check(_ code: CInt, _ operation: StaticString) throws(OpusError) {
        guard code >= 0 else { throw OpusError(code: Int(code), operation: operation) }
    }
}
