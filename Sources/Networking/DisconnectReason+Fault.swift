import ParleyTransport
import WebSocket

extension DisconnectReason {
    /// What a connection that failed means for another try.
    public init(_ fault: LinkFault) {
        switch fault {
        case .lookup: self.init(.now, code: "host_not_found", message: fault.description)
        case .connect: self.init(.now, code: "connect_failed", message: fault.description)
        case .timeout: self.init(.now, code: "timeout", message: fault.description)
        case .broken: self.init(.now, code: "connection_lost", message: fault.description)
        case .silent: self.init(.now, code: "no_answer", message: fault.description)
        case .webSocket(let error): self.init(error)
        }
    }

    /// ``WebSocketError/refused(status:reason:body:retryAfterSeconds:)`` is for who knows what the server's
    /// answers mean; here it says the status alone.
    private init(_ error: WebSocketError) {
        switch error {
        case .invalidURL: self.init(.never, code: "invalid_url", message: error.description)
        case .tls(let fault): self.init(fault)
        case .proxy(let status, _):
            self.init(
                status == 407 || status == 403 ? .never : .now, code: "proxy_refused",
                message: error.description)
        case .refused(let status, _, _, _):
            self.init(
                status < 500 ? .never : .now, code: "http_\(status)", message: error.description)
        case .handshake: self.init(.never, code: "not_a_websocket", message: error.description)
        case .violation: self.init(.now, code: "protocol_violation", message: error.description)
        case .ended: self.init(.now, code: "connection_lost", message: error.description)
        }
    }

    public init(_ fault: TLSFault) {
        let (retry, code): (Retry, String) =
            switch fault.kind {
            case .expired: (.never, "certificate_expired")
            // A machine that has just started may not know the time yet.
            case .notYetValid: (.later(afterMs: 5_000), "certificate_not_yet_valid")
            case .wrongHost: (.never, "certificate_wrong_host")
            case .selfSigned: (.never, "certificate_self_signed")
            case .unknownIssuer: (.never, "certificate_unknown_issuer")
            case .certificate: (.never, "certificate_refused")
            case .version: (.never, "tls_version")
            case .handshake: (.later(afterMs: 5_000), "tls_failed")
            case .configuration: (.never, "tls_configuration")
            }
        self.init(retry, code: code, message: fault.description)
    }
}
