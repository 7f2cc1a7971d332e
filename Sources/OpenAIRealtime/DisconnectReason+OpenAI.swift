import JSON
import ParleyTransport

/// Whether to connect again, from what the peer says when it refuses or ends a connection.
extension DisconnectReason {
    /// Codes after which another try ends the same way.
    static let fatalCodes: Set<String> = [
        "invalid_api_key", "incorrect_api_key", "insufficient_quota", "account_deactivated",
        "billing_hard_limit_reached", "billing_not_active", "model_not_found", "invalid_model",
        "organization_deactivated", "unsupported_country_region_territory", "access_terminated",
        "token_expired", "unauthorized",
    ]

    static let laterCodes: Set<String> = [
        "rate_limit_exceeded", "server_overloaded", "engine_overloaded", "too_many_requests",
    ]

    /// How long to wait where the peer does not say.
    static let laterMs: UInt32 = 5_000
    private static let longestMs = 3_600_000.0

    /// The WebSocket handshake or the HTTP request was answered with another status than wanted.
    ///
    /// - Parameter retryAfter: the header's value (RFC 9110, section 10.2.3), as seconds; a date
    ///   counts as missing.
    /// - Parameter body: what came with it; OpenAI sends `{"error": {...}}`.
    public static func refused(
        httpStatus: Int, retryAfter: String? = nil, body: some Collection<UInt8> = [UInt8]()
    ) -> DisconnectReason {
        let json = try? JSONValue(parsing: body)
        let fault = json.flatMap { $0["error"] }.map { ServerFault($0) } ?? ServerFault()
        let code = fault.code ?? fault.type
        let message = fault.message ?? "the server answered HTTP status \(httpStatus)"
        if let code, fatalCodes.contains(code) {
            return DisconnectReason(.never, code: code, message: message)
        }
        let delay = milliseconds(retryAfter: retryAfter) ?? laterMs
        let retry: Retry =
            switch httpStatus {
            case 408, 409, 425, 429, 500...599: .later(afterMs: delay)
            default: .never
            }
        return DisconnectReason(retry, code: code ?? word(ofStatus: httpStatus), message: message)
    }

    private static func milliseconds(retryAfter: String?) -> UInt32? {
        guard let seconds = retryAfter.flatMap({ Double($0) }), seconds.isFinite, seconds >= 0
        else { return nil }
        return UInt32(min(seconds * 1000, longestMs))
    }

    private static func word(ofStatus status: Int) -> String {
        switch status {
        case 401: "unauthorized"
        case 403: "forbidden"
        case 404: "not_found"
        case 429: "too_many_requests"
        case 500...599: "server_error"
        default: "http_\(status)"
        }
    }

    /// An `error` event that ends the session; nil for one after which it goes on.
    static func ending(_ fault: ServerFault) -> DisconnectReason? {
        guard let code = fault.code ?? fault.type else { return nil }
        if fatalCodes.contains(code) {
            return DisconnectReason(.never, code: code, message: fault.message)
        }
        if code == "session_expired" {
            return DisconnectReason(.now, code: code, message: fault.message)
        }
        return nil
    }

    /// The peer closed the WebSocket (RFC 6455, section 7.4), or the connection broke.
    ///
    /// - Parameters:
    ///   - code: of the close frame; 1005 when it had none, 1006 when there was no frame.
    ///   - fault: the error event that came last.
    static func closed(code: Int, reason: String, after fault: ServerFault?) -> DisconnectReason {
        if let fault, let ending = ending(fault) { return ending }
        if let word = fatalCodes.sorted().first(where: { reason.contains($0) }) {
            return DisconnectReason(.never, code: word, message: reason)
        }
        let text =
            reason.isEmpty
            ? "the server closed the connection with code \(code)"
            : "the server closed the connection with code \(code): \(reason)"
        let retry: Retry =
            switch code {
            case 1000: .ended
            case 1013: .later(afterMs: laterMs)
            case 1002, 1003, 1007, 1008, 1010, 3000, 3003: .never
            default: .now
            }
        let isLater = laterCodes.contains { reason.contains($0) || fault?.code == $0 }
        return DisconnectReason(
            isLater && retry != .never ? .later(afterMs: laterMs) : retry, code: "closed_\(code)",
            message: text)
    }
}
