import Glibc
import JSON

/// Why a call of the client failed.
public enum ControlClientError: Error, CustomStringConvertible {
    /// Nobody answers at any of these.
    case noDaemon(tried: [(path: String, reason: String)])
    case connectionLost
    case timeout
    /// The daemon refused: JSON-RPC's code, the stable word if any, the sentence.
    case refused(code: Int64, word: String?, message: String)
    case malformed(String)
    /// A system call failed on this side; the daemon may be well.
    case failed(operation: String, code: CInt)

    /// - Parameter refusal: the `error` member of an answer.
    init(refusal: JSONValue) {
        self = .refused(
            code: refusal["code"]?.integerValue ?? 0,
            word: refusal["data"]?["code"]?.stringValue,
            message: refusal["message"]?.stringValue ?? "no message")
    }

    public var description: String {
        switch self {
        case .noDaemon(let tried):
            "no parleyd answers; tried "
                + tried.map { "\($0.path) (\($0.reason))" }.joined(separator: ", ")
        case .connectionLost: "parleyd closed the connection"
        case .timeout: "parleyd did not answer in time"
        case .refused(_, let word, let message): word.map { "\(message) (\($0))" } ?? message
        case .malformed(let why): "parleyd sent something that is not its protocol: \(why)"
        case .failed(let operation, let code):
            "\(operation) failed: \(String(cString: strerror(code)))"
        }
    }
}
