import HTTP
import Networking
import ParleyTransport
import PeerConnection
import SDP
import WebSocket

/// A session that waits for browsers: an HTTP server with the talk page and a WHIP endpoint (RFC 9725).
/// Each caller becomes a session of its own.
@TransportActor
final class ListenCall: Call {
    /// For the daemon to make a session of a call.
    private static var answerLimitNs: UInt64 { 10_000_000_000 }
    /// Connections that may be open, calls apart: pages load few files.
    private static var maximumConnections: Int { 64 }

    private let options: ListenOptions
    /// What callers must show; nil for none.
    private let token: String?
    private let host: TransportHost
    private let loop: HostLoop
    private var socket: ListeningSocket?
    private var watch: HostLoop.Watch?
    private var connections: [ObjectIdentifier: HTTPServerConnection] = [:]
    private var calls: [String: TalkCall] = [:]
    private var timers: [String: HostLoop.Timer] = [:]

    init(_ options: ListenOptions, token: String?, host: TransportHost) throws(TransportError) {
        guard let loop = host.loop else {
            throw TransportError(.failed, "this host has no loop (parley.loop/1)")
        }
        if options.wantsToken, (token ?? "").isEmpty {
            throw TransportError(.invalid, "callers must show a token, and no bearerToken is set")
        }
        self.options = options
        self.token = options.wantsToken ? token : nil
        self.host = host
        self.loop = loop
    }

    func connect() throws(TransportError) {
        let socket: ListeningSocket
        do throws(SocketFault) {
            socket = try ListeningSocket(on: options.address)
        } catch {
            throw TransportError(.failed, "no callers can be taken: \(error)")
        }
        self.socket = socket
        watch = try loop.watch(socket.descriptor, for: .read) { [weak self] _ in self?.accept() }
        let scheme = options.tls == nil ? "http" : "https"
        let url = "\(scheme)://\(socket.localAddress)/"
        host.event(.raw(["type": "webrtc.listening", "url": .string(url)]))
        host.log(.info, "callers are taken at \(url)")
        host.listening()
    }

    private func accept() {
        while let caller = socket?.accept() {
            guard connections.count < Self.maximumConnections else { continue }
            let made = try? HTTPServerConnection(
                caller, tls: options.tls, loop: loop,
                onRequest: { [weak self] in self?.serve($0, $1) },
                onEnd: { [weak self] in self?.connections[ObjectIdentifier($0)] = nil })
            if let made { connections[ObjectIdentifier(made)] = made }
        }
    }

    // MARK: Requests

    private func serve(_ request: HTTPMessage, _ connection: HTTPServerConnection) {
        if let refusal = refusal(of: request) { return connection.answer(refusal) }
        switch (request.head.method, Self.path(request)) {
        case ("GET", let path) where TalkPage.files[path] != nil:
            guard let file = TalkPage.files[path] else { return }
            connection.answer(
                HTTPResponse(talk: 200, headers: [("Content-Type", file.type)], body: file.bytes))
        case ("POST", "/whip"): take(request, connection)
        case ("DELETE", let path) where path.hasPrefix("/whip/"):
            guard let call = calls[String(path.dropFirst(6))] else {
                return connection.answer(HTTPResponse(talk: 404, text: "There is no such call."))
            }
            call.session?.fail(
                DisconnectReason(.ended, code: "peer_left", message: "the caller hung up"))
            call.end()
            connection.answer(HTTPResponse(talk: 200))
        case (_, "/whip"):
            connection.answer(
                HTTPResponse(talk: 405, headers: [("Allow", "POST")], text: "Offers come by POST."))
        case ("PATCH", let path) where path.hasPrefix("/whip/"):
            connection.answer(patch(String(path.dropFirst(6)), request, connection))
        case (_, let path) where path.hasPrefix("/whip/"):
            connection.answer(
                HTTPResponse(
                    talk: 405, headers: [("Allow", "PATCH, DELETE")],
                    text: "A call is patched or deleted."))
        default: connection.answer(HTTPResponse(talk: 404, text: "There is no such page."))
        }
    }

    /// - Returns: nil for what is answered later.
    private func patch(
        _ id: String, _ request: HTTPMessage, _ connection: HTTPServerConnection
    ) -> HTTPResponse? {
        guard let call = calls[id] else {
            return HTTPResponse(talk: 404, text: "There is no such call.")
        }
        guard request.mediaType == TrickleFragment.contentType else {
            return HTTPResponse(talk: 415, text: "A patch is \(TrickleFragment.contentType).")
        }
        guard let fragment = try? TrickleFragment(parsing: request.body) else {
            return HTTPResponse(talk: 400, text: "The patch makes no sense.")
        }
        return call.patch(fragment, ifMatch: request.head["if-match"]) { [weak connection] in
            connection?.answer($0)
        }
    }

    /// Who may not call, and why. A page of somebody else's can't make the user's browser call: it would
    /// need our name, our origin, or the token.
    private func refusal(of request: HTTPMessage) -> HTTPResponse? {
        let name = request.head["host"].map(Self.hostName) ?? ""
        if token == nil, !options.hostNames.contains(name) {
            return HTTPResponse(talk: 403, text: "This room is not called \(name.prefix(60)).")
        }
        if let origin = request.head["origin"], request.head.method != "GET" {
            let rest = origin.split(separator: "/").last.map(String.init) ?? ""
            guard rest == request.head["host"] else {
                return HTTPResponse(talk: 403, text: "Other pages can't call from here.")
            }
        }
        guard let token, Self.path(request).hasPrefix("/whip") else { return nil }
        let shown = request.head["authorization"] ?? ""
        guard Self.isSame(shown, "Bearer \(token)") else {
            return HTTPResponse(
                talk: 401, headers: [("WWW-Authenticate", "Bearer")],
                text: "An access token is needed.")
        }
        return nil
    }

    /// Without the query.
    private static func path(_ request: HTTPMessage) -> String {
        String(request.head.target.prefix { $0 != "?" })
    }

    private static func hostName(_ header: String) -> String {
        if header.hasPrefix("["), let end = header.firstIndex(of: "]") {
            return String(header[...end])
        }
        return String(header.prefix { $0 != ":" })
    }

    /// In a time that does not tell where the two differ.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        let (a, b) = (Array(one.utf8), Array(other.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: Calls

    private func take(_ request: HTTPMessage, _ connection: HTTPServerConnection) {
        guard request.head["content-type"]?.hasPrefix("application/sdp") == true else {
            return connection.answer(
                HTTPResponse(talk: 415, text: "An offer is application/sdp."))
        }
        guard calls.count < options.maximumCallers else {
            return connection.answer(
                HTTPResponse(
                    talk: 503, headers: [("Retry-After", "10")],
                    text: "The room takes no more callers."))
        }
        let call = TalkCall(
            id: TalkCalls.newID(), offer: String(decoding: request.body, as: UTF8.self),
            respond: { [weak connection] in connection?.answer($0) },
            onEnd: { [weak self] in self?.forget($0) })
        calls[call.id] = call
        TalkCalls.add(call)
        let timer = loop.timer { [weak call] in
            // Taken by nobody.
            if call?.session == nil { call?.end() }
        }
        timer.arm(afterNs: Self.answerLimitNs)
        timers[call.id] = timer
        host.incoming(callID: call.id, about: ["signalling": "listen"])
    }

    private func forget(_ call: TalkCall) {
        calls[call.id] = nil
        timers[call.id] = nil
    }

    // MARK: The end

    /// Takes no more callers; those who talk go on.
    func close() {
        watch?.cancel()
        watch = nil
        socket = nil
        for connection in connections.values { connection.close() }
        connections = [:]
        for call in calls.values where call.session == nil { call.end() }
        host.disconnected(.closed)
    }

    func send(_ frame: borrowing AudioFrame) {}
    func dropAudio() {}

    func sendKeys(_ digits: String) throws(TransportError) {
        throw TransportError(.notConnected, "a session that listens is in no call; its callers are")
    }
}
