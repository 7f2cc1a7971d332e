import JSON
import Networking
import OpenAIRealtime
import ParleyTransport
import WebSocket

/// Which server to talk to, and how: the options of the plugin, checked.
struct ServerOptions {
    enum Authentication: String {
        /// With a key; on this machine only when the server asks for one.
        case auto
        case key
        case none
    }

    static let standardURL = "wss://api.openai.com/v1/realtime"

    private(set) var url: WebSocketURL
    private(set) var authentication = Authentication.auto
    private(set) var keyHeader = "Authorization"
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var certificateAuthorities: String?
    private(set) var usesProxy = true
    private(set) var client = ClientSettings()
    private(set) var link = WebSocketLink.Settings()

    static let schema = OptionsSchema([
        .string(
            "url", "The server, as ws:// or wss://, with any path and query.", default: standardURL),
        .string("model", "The model; a model in the session config counts more."),
        .string("callId", "Joins this call instead of opening a conversation (sideband, SIP)."),
        .secret(
            "apiKey", "The key, asked for at each connect, so it may be one that lives for minutes."
        ),
        .string(
            "auth",
            "auto: with a key, but on this machine only when the server asks for one; key; none.",
            default: "auto", choices: ["auto", "key", "none"]),
        .string(
            "keyHeader",
            "The header that carries the key; Authorization has 'Bearer ' before it. Azure: api-key.",
            default: "Authorization"),
        .strings("headers", "More headers, each as 'Name: value'. Nothing secret: they are shown."),
        .file(
            "caFile",
            "A PEM file of certificate authorities that are trusted instead of the system's."),
        .string(
            "proxy", "environment: the proxy that https_proxy and its kin name; none.",
            default: "environment", choices: ["environment", "none"]),
        .string(
            "dialect", "auto: as the server speaks; ga; beta.", default: "auto",
            choices: ["auto", "ga", "beta"]),
        .number(
            "connectTimeoutS", "For the name, the connection and the handshake, each.",
            default: 10, in: 0.1...120),
        .number(
            "quietTimeoutS", "A server that was quiet for so long is asked for a sign of life.",
            default: 10, in: 0.1...3_600),
        .number(
            "answerTimeoutS", "A server that gives none for so long counts as gone.", default: 10,
            in: 0.1...3_600),
        .number(
            "rolloverS",
            "How long before the server ends a session a new one takes its place, between turns.",
            default: 300, in: 1...3_000),
    ])

    /// - Throws: a sentence that names the option.
    init(_ request: ConnectRequest) throws(TransportError) {
        let options = request.options
        func text(_ name: String) -> String? { options[name]?.stringValue }
        func duration(_ name: String, or standard: Double) -> Duration {
            .seconds(options[name]?.numberValue ?? standard)
        }
        let model = request.config["model"]?.stringValue ?? text("model")
        client.model = model ?? SessionConfiguration.defaultModel
        let callID = request.callID ?? text("callId")
        url = try Self.url(text("url") ?? Self.standardURL, model: client.model, callID: callID)
        authentication = text("auth").flatMap { Authentication(rawValue: $0) } ?? .auto
        keyHeader = text("keyHeader") ?? keyHeader
        guard Self.isToken(keyHeader) else {
            throw TransportError(.invalid, "keyHeader must be the name of an HTTP header")
        }
        headers = try Self.headers(options["headers"]?.arrayValue ?? [])
        certificateAuthorities = text("caFile")
        usesProxy = text("proxy") != "none"
        switch text("dialect") {
        case "ga": client.dialect = .generalAvailability
        case "beta":
            client.dialect = .beta
            headers.append(("OpenAI-Beta", "realtime=v1"))
        default: break
        }
        let connect = duration("connectTimeoutS", or: 10)
        link.connectLimit = connect
        link.handshakeLimit = connect
        link.quietLimit = duration("quietTimeoutS", or: 10)
        link.answerLimit = duration("answerTimeoutS", or: 10)
        let leadMs = (options["rolloverS"]?.numberValue ?? 300) * 1_000
        client.rollOver.leadMs = UInt64(leadMs)
        client.rollOver.lastMs = min(client.rollOver.lastMs, UInt64(leadMs / 4))
    }

    /// The URL with the model or the call in its query, unless it says there which it is.
    private static func url(
        _ text: String, model: String, callID: String?
    ) throws(TransportError) -> WebSocketURL {
        let url: WebSocketURL
        do throws(WebSocketError) {
            url = try WebSocketURL(text)
        } catch {
            throw TransportError(.invalid, error.description)
        }
        let query = url.target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let names = query.split(separator: "&").map { $0.prefix { $0 != "=" } }
        let isNamed = ["model", "call_id", "deployment", "intent"].contains {
            names.contains($0[...])
        }
        guard !isNamed else { return url }
        let addition = callID.map { "call_id=\(escaped($0))" } ?? "model=\(escaped(model))"
        return WebSocketURL(
            isSecure: url.isSecure, host: url.host, port: url.port,
            target: url.target + (url.target.contains("?") ? "&" : "?") + addition)
    }

    /// RFC 3986 section 2.1.
    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "%"
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            }
        }
        return result
    }

    private static func headers(
        _ values: [JSONValue]
    ) throws(TransportError) -> [(name: String, value: String)] {
        var headers: [(String, String)] = []
        for value in values {
            let parts = (value.stringValue ?? "")
                .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let isClean = parts.last?.utf8.allSatisfy { $0 >= 32 && $0 != 127 } ?? false
            guard parts.count == 2, isToken(String(parts[0])), isClean else {
                throw TransportError(.invalid, "headers must each be 'Name: value', on one line")
            }
            headers.append((String(parts[0]), String(parts[1].drop { $0 == " " })))
        }
        return headers
    }

    /// RFC 9110 section 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || "!#$%&'*+-.^_`|~".utf8.contains($0)
            }
    }

    /// Whether a key is asked for before the first try.
    var asksForKey: Bool {
        switch authentication {
        case .key: true
        case .none: false
        case .auto: !url.isLoopback
        }
    }

    /// What the upgrade is asked with. The key is in nothing but this.
    func request(key: String?) throws(TransportError) -> WebSocketConnection.Request {
        var request = WebSocketConnection.Request(url)
        request.headers = [("User-Agent", "parley/0.1.0")] + headers
        if let key {
            guard key.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
                throw TransportError(
                    .invalid, "the key has characters that no header may have: is it complete?")
            }
            let isBearer = keyHeader.lowercased() == "authorization"
            request.headers.append((keyHeader, isBearer ? "Bearer \(key)" : key))
        }
        if url.isSecure, let file = certificateAuthorities {
            do throws(TLSFault) {
                request.tls = try TLSContext(certificateAuthorities: file)
            } catch {
                throw TransportError(.invalid, error.description)
            }
        }
        return request
    }

    func proxy() throws(TransportError) -> ProxyEnvironment.Proxy? {
        guard usesProxy else { return nil }
        do throws(WebSocketError) {
            return try ProxyEnvironment().proxy(for: url)
        } catch {
            throw TransportError(.invalid, error.description)
        }
    }
}
