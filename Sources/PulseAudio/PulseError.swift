import CPulse

let pulseInternalError = CInt(PA_ERR_INTERNAL.rawValue)

/// A refusal by the sound server or by libpulse.
public struct PulseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// libpulse's number for it (`PA_ERR_…`).
    public let code: CInt
    /// What was tried: "connecting to the sound server".
    public let operation: String
    /// libpulse's words for ``code``.
    public let reason: String

    init(code: CInt, doing operation: String) {
        self.code = code
        self.operation = operation
        reason = pa_strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }

    /// For what Parley itself refuses.
    init(refusal: String, doing operation: String) {
        code = CInt(PA_ERR_NOTSUPPORTED.rawValue)
        self.operation = operation
        reason = refusal
    }

    public var description: String { "\(operation) failed: \(reason)" }
}
