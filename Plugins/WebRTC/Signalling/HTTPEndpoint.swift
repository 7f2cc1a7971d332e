import HTTP
import Networking
import OpenAIRealtime
import ParleyTransport
import WebSocket

/// The HTTP server that makes a call, by options: where it is, what it is shown, how it is reached.
struct HTTPEndpoint {
    let url: HTTPURL
    /// The value of `Authorization`; shown to the origin of ``url`` alone.
    let authorization: String?
    let settings: HTTPExchange.Settings

    static let schema: [OptionsSchema.Property] = [
        .string("model", "openai: the model; a model in the session config counts more."),
        .secret("apiKey", "openai: the key, asked for at each connect; ek_… for an ephemeral one."),
        .string(
            "auth",
            "openai, whip, whep: auto: with a key or token, but not on this machine; key; none.",
            default: "auto", choices: ["auto", "key", "none"]),
        .string(
            "url",
            "openai, whip, whep: where the offer goes, whole. openai: https://api.openai.com/v1/realtime/calls without it."
        ),
        .file(
            "caFile", "openai, whip, whep: a PEM file, trusted instead of the system's store."),
        .string(
            "proxy",
            "openai, whip, whep: environment: the proxy that https_proxy and its kin name; none.",
            default: "environment", choices: ["environment", "none"]),
        .number(
            "answerTimeoutS", "openai, whip, whep: for the answer to the offer.", default: 15,
            in: 1...120),
    ]

    /// - Parameters:
    ///   - secret: the key or token; nil or empty for none.
    ///   - standardURL: where the option is left out; nil where it must not be.
    /// - Throws: a sentence that names the option.
    init(
        _ request: ConnectRequest, secret: String?, standardURL: String? = nil
    ) throws(TransportError) {
        let options = request.options
        guard let text = options["url"]?.stringValue ?? standardURL else {
            throw TransportError(.invalid, "this signalling needs url, where the offer goes")
        }
        do throws(HTTPFault) {
            url = try HTTPURL(text)
        } catch {
            throw TransportError(.invalid, error.description)
        }
        if let secret, !secret.isEmpty {
            guard secret.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
                throw TransportError(
                    .invalid, "the key has characters that no header may have: is it complete?")
            }
            authorization = "Bearer \(secret)"
        } else {
            authorization = nil
        }
        var settings = HTTPExchange.Settings()
        settings.answerLimit = .seconds(options["answerTimeoutS"]?.numberValue ?? 15)
        if options["proxy"]?.stringValue == "none" { settings.proxies = nil }
        if url.isSecure, let file = options["caFile"]?.stringValue {
            do throws(TLSFault) {
                settings.certificateAuthorities = try TLSContext(certificateAuthorities: file)
            } catch {
                throw TransportError(.invalid, error.description)
            }
        }
        self.settings = settings
    }

    /// Whether the secret is asked for before the first try.
    static func wantsSecret(_ request: ConnectRequest) -> Bool {
        switch request.options["auth"]?.stringValue {
        case "key": return true
        case "none": return false
        default:
            let url = request.options["url"]?.stringValue.flatMap { try? HTTPURL($0) }
            return url?.isLoopback != true
        }
    }

    /// A request to this server; another origin is not shown the secret.
    func request(
        _ method: String, _ url: HTTPURL? = nil, headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil
    ) -> HTTPRequest {
        let target = url ?? self.url
        return HTTPRequest(
            method, target, headers: [("User-Agent", "parley/0.1.0")] + headers,
            authorization: target.hasSameOrigin(as: self.url) ? authorization : nil, body: body)
    }
}

extension HTTPMessage {
    /// Why this answer, which is no 2xx, makes no call.
    var refusal: DisconnectReason {
        if (300...399).contains(status) {
            return DisconnectReason(
                .never, code: "redirected",
                message: "the server redirects by \(status), which does not keep the offer")
        }
        var reason = DisconnectReason.refused(
            httpStatus: status, retryAfter: head["retry-after"], body: body)
        // Servers other than OpenAI's say what is wrong in plain text.
        if mediaType == "text/plain",
            let line = String(decoding: body.prefix(300), as: UTF8.self)
                .split(whereSeparator: \.isNewline).first
        {
            reason.message = "the server refused the call with status \(status): \(line)"
        }
        return reason
    }
}

extension DisconnectReason {
    /// What a request without an answer means for another try.
    init(_ fault: ExchangeFault) {
        switch fault {
        case .link(let fault): self.init(fault)
        case .tls(let fault): self.init(fault)
        case .proxy(let status, _):
            self.init(
                status == 407 || status == 403 ? .never : .now, code: "proxy_refused",
                message: fault.description)
        case .http(.ended): self.init(.now, code: "connection_lost", message: fault.description)
        case .http(.invalidURL), .http(.invalidHeader):
            self.init(.never, code: "invalid_url", message: fault.description)
        case .http: self.init(.never, code: "not_http", message: fault.description)
        case .redirect: self.init(.never, code: "redirected", message: fault.description)
        }
    }
}
