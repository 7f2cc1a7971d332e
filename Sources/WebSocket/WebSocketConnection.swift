import COpenSSL
import HTTP

/// One end of a WebSocket connection (RFC 6455), from the first byte on the wire to the last: tunnel
/// through a proxy, TLS, upgrade, messages, close. It has no socket and no clock: whoever has them gives
/// bytes to ``receive(_:_:)`` and sends what ``outgoing`` holds. [one thread]
///
/// ```
/// bytes ─► proxy's answer ─► TLS ─► HTTP upgrade ─► frames ─► Event
/// ```
public final class WebSocketConnection {
    /// What a client asks for.
    public struct Request {
        public var url: WebSocketURL
        /// Whether ``url`` is reached through a tunnel (RFC 9110 section 9.3.6): then the bytes go to
        /// the proxy. The value is `user:password` (RFC 7617), empty for none.
        public var proxyCredentials: String?
        /// For `wss`.
        public var tls: TLSContext?
        /// Sent with the upgrade only, so never before the server has proved who it is.
        public var headers: [(name: String, value: String)] = []
        public var subprotocols: [String] = []
        public var maximumMessageBytes = 16 << 20

        public init(_ url: WebSocketURL) { self.url = url }
    }

    /// What happened, in order.
    public enum Event {
        /// A client's connection is made, or a server has a client: the head of the other's HTTP message.
        case opened(HTTPHead)
        /// Valid within the call only.
        case text(UnsafeRawBufferPointer)
        /// Valid within the call only.
        case binary(UnsafeRawBufferPointer)
        case pong
        /// The peer began or answered the closing handshake; 1005 stands for no code. What is in
        /// ``outgoing`` is still to be sent, then the socket closed.
        case closed(code: UInt16, reason: String)
        /// It is over without a closing handshake.
        case failed(WebSocketError)
    }

    private enum Stage { case proxy, tls, upgrade, refused, open, over }

    /// What is to be written to the socket.
    public private(set) var outgoing = ByteQueue()
    private var stage: Stage
    private let request: Request?
    private let key = UpgradeHandshake.makeKey()
    private let tls: TLSStream?
    private let frames: WebSocketFrames
    /// Plaintext that is not yet understood: heads of HTTP.
    private var plain = ByteQueue(capacity: 4_096)
    private var decrypted = ByteQueue()
    private var refusal: HTTPHead?
    /// A server's say on a request: the subprotocol, or a status to refuse with.
    private let admit: (HTTPHead) -> Admission

    public enum Admission {
        case accept(subprotocol: String?)
        /// `headers` are whole lines without their ends.
        case refuse(status: Int, reason: String, headers: [String], body: String)
    }

    /// A client's end. ``outgoing`` holds its first bytes.
    public init(_ request: Request) throws(WebSocketError) {
        self.request = request
        frames = WebSocketFrames(.client, maximumMessageBytes: request.maximumMessageBytes)
        admit = { _ in .accept(subprotocol: nil) }
        if request.url.isSecure {
            do throws(TLSFault) {
                let context = if let given = request.tls { given } else { try TLSContext() }
                tls = try TLSStream(context, host: request.url.host)
            } catch {
                throw .tls(error)
            }
        } else {
            tls = nil
        }
        if let credentials = request.proxyCredentials {
            stage = .proxy
            var text = "CONNECT \(request.url.authority) HTTP/1.1\r\n"
            text += "Host: \(request.url.authority)\r\n"
            if !credentials.isEmpty {
                let encoded = UpgradeHandshake.base64(Array(credentials.utf8))
                text += "Proxy-Authorization: Basic \(encoded)\r\n"
            }
            outgoing.append(text + "\r\n")
        } else {
            stage = .tls
            try beginTLS()
        }
    }

    /// A server's end.
    ///
    /// - Parameters:
    ///   - tls: nil for `ws`.
    ///   - admit: decides on a request that is a WebSocket's.
    public init(
        serverWith tls: TLSContext?, maximumMessageBytes: Int = 16 << 20,
        admit: @escaping (HTTPHead) -> Admission
    ) throws(WebSocketError) {
        request = nil
        frames = WebSocketFrames(.server, maximumMessageBytes: maximumMessageBytes)
        self.admit = admit
        stage = tls == nil ? .upgrade : .tls
        do throws(TLSFault) {
            self.tls = try tls.map { context throws(TLSFault) in
                try TLSStream(context, host: nil)
            }
        } catch {
            throw .tls(error)
        }
    }

    public var isOpen: Bool { stage == .open }

    // MARK: In

    /// Takes bytes from the socket and tells what they meant.
    public func receive(_ bytes: UnsafeRawBufferPointer, _ tell: (Event) -> Void) {
        do throws(WebSocketError) {
            try take(bytes, tell)
        } catch {
            fail(error, tell)
        }
        drain()
    }

    /// The socket gives no more bytes.
    public func receiveEnd(_ tell: (Event) -> Void) {
        guard stage != .over else { return }
        if let head = refusal { return fail(refused(head), tell) }
        fail(stage == .open ? .ended : .handshake("it closed the connection"), tell)
    }

    private func fail(_ error: WebSocketError, _ tell: (Event) -> Void) {
        guard stage != .over else { return }
        stage = .over
        tell(.failed(error))
    }

    private func take(
        _ bytes: UnsafeRawBufferPointer, _ tell: (Event) -> Void
    ) throws(WebSocketError) {
        if stage == .proxy {
            plain.append(bytes)
            guard try proxyAnswered() else { return }
            // A server speaks first in neither TLS nor HTTP: what is left is nobody's.
            plain.removeAll()
            stage = .tls
            return try beginTLS()
        }
        guard let tls else { return try understand(bytes, tell) }
        tls.receive(bytes)
        if stage == .tls { try goOnWithTLS() }
        while stage != .tls, stage != .over {
            let read: TLSStream.Read
            do throws(TLSFault) {
                read = try tls.read(into: decrypted.reserve(16_384), room: 16_384)
            } catch {
                throw .tls(error)
            }
            guard case .bytes(let count) = read else {
                if read == .end { receiveEnd(tell) }
                return
            }
            decrypted.commit(count)
            defer { decrypted.removeAll() }
            try understand(decrypted.bytes, tell)
        }
    }

    private func beginTLS() throws(WebSocketError) {
        guard tls != nil else { return sendUpgrade() }
        try goOnWithTLS()
        drain()
    }

    private func goOnWithTLS() throws(WebSocketError) {
        guard let tls else { return }
        do throws(TLSFault) {
            try tls.handshake()
        } catch {
            drain()
            throw .tls(error)
        }
        if tls.isEstablished { sendUpgrade() }
    }

    private func sendUpgrade() {
        stage = .upgrade
        guard let request else { return }
        var headers = request.headers
        if !request.subprotocols.isEmpty {
            headers.append(
                ("Sec-WebSocket-Protocol", request.subprotocols.joined(separator: ", ")))
        }
        write(UpgradeHandshake.request(request.url, key: key, headers: headers))
    }

    private func proxyAnswered() throws(WebSocketError) -> Bool {
        switch HTTPHead.parse(plain.bytes) {
        case .incomplete: return false
        case .malformed(let why): throw .handshake("the proxy's answer is no HTTP: \(why)")
        case .complete(let head, _):
            guard let status = head.status else {
                throw .handshake("the proxy does not speak HTTP")
            }
            guard (200...299).contains(status) else {
                throw .proxy(status: status, reason: head.reason)
            }
            return true
        }
    }

    private func understand(
        _ bytes: UnsafeRawBufferPointer, _ tell: (Event) -> Void
    ) throws(WebSocketError) {
        switch stage {
        case .open: try takeFrames(bytes, tell)
        case .upgrade:
            plain.append(bytes)
            try takeHead(tell)
        case .refused:
            plain.append(bytes)
            try takeBody()
        case .proxy, .tls, .over: break
        }
    }

    // MARK: Upgrade

    private func takeHead(_ tell: (Event) -> Void) throws(WebSocketError) {
        switch HTTPHead.parse(plain.bytes) {
        case .incomplete: return
        case .malformed(let why): throw .handshake(why)
        case .complete(let head, let count):
            plain.remove(count)
            if let request {
                try takeResponse(head, request)
            } else {
                try answer(head)
            }
            guard stage == .open else { return }
            tell(.opened(head))
            // Frames may follow at once.
            try takeFrames(plain.bytes, tell)
            plain.removeAll()
        }
    }

    private func takeResponse(_ head: HTTPHead, _ request: Request) throws(WebSocketError) {
        guard let status = head.status else { throw .handshake("its answer is no HTTP") }
        guard status == 101 else {
            refusal = head
            stage = .refused
            return try takeBody()
        }
        if let fault = UpgradeHandshake.fault(
            in: head, key: key, offered: request.subprotocols)
        {
            throw .handshake(fault)
        }
        stage = .open
    }

    /// Waits for as much of a refusal's body as it announces, since that is where servers say why.
    private func takeBody() throws(WebSocketError) {
        guard let head = refusal else { return }
        let announced = head["content-length"].flatMap { Int($0) }
        guard plain.count >= min(announced ?? Int.max, Self.refusalMaximum) else { return }
        throw refused(head)
    }

    private static var refusalMaximum: Int { 4_096 }

    private func refused(_ head: HTTPHead) -> WebSocketError {
        .refused(
            status: head.status ?? 0, reason: head.reason,
            body: String(decoding: plain.bytes.prefix(Self.refusalMaximum), as: UTF8.self),
            retryAfterSeconds: head["retry-after"].flatMap { Int($0) })
    }

    private func answer(_ head: HTTPHead) throws(WebSocketError) {
        switch UpgradeHandshake.response(to: head, subprotocol: nil) {
        case .failure(let refusal):
            refuse(refusal.status, refusal.reason, [], "")
            throw .handshake("the request was answered with \(refusal.status)")
        case .success: break
        }
        switch admit(head) {
        case .refuse(let status, let reason, let headers, let body):
            refuse(status, reason, headers, body)
            throw .handshake("the request was answered with \(status)")
        case .accept(let subprotocol):
            if case .success(let text) = UpgradeHandshake.response(
                to: head, subprotocol: subprotocol)
            {
                write(text)
            }
            stage = .open
        }
    }

    private func refuse(_ status: Int, _ reason: String, _ headers: [String], _ body: String) {
        let lines = headers.map { "\($0)\r\n" }.joined()
        write(
            "HTTP/1.1 \(status) \(reason)\r\n\(lines)Content-Length: \(body.utf8.count)\r\n"
                + "Connection: close\r\n\r\n\(body)")
    }

    // MARK: Messages

    private func takeFrames(
        _ bytes: UnsafeRawBufferPointer, _ tell: (Event) -> Void
    ) throws(WebSocketError) {
        guard bytes.count > 0 else { return }
        var isClosed = false
        let fault = withoutActuallyEscaping(tell) { tell in
            frames.receive(bytes) { message in
                switch message {
                case .text(let bytes): tell(.text(bytes))
                case .binary(let bytes): tell(.binary(bytes))
                case .pong: tell(.pong)
                case .close(let code, let reason):
                    isClosed = true
                    tell(.closed(code: code, reason: reason))
                }
            }
        }
        flushFrames()
        if isClosed {
            stage = .over
            tls?.shutDown()
        } else if let fault {
            throw .violation(code: fault)
        }
    }

    // MARK: Out

    /// Queues a message for ``outgoing``. False unless the connection is open.
    @discardableResult
    public func sendText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard stage == .open, frames.sendText(bytes) else { return false }
        flushFrames()
        drain()
        return true
    }

    @discardableResult
    public func sendText(_ text: String) -> Bool {
        var copy = text
        return copy.withUTF8 { sendText(UnsafeRawBufferPointer($0)) }
    }

    @discardableResult
    public func sendBinary(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard stage == .open, frames.sendBinary(bytes) else { return false }
        flushFrames()
        drain()
        return true
    }

    /// Queues bytes in the place of frames, as they are: for peers that shall misbehave.
    public func sendRaw(_ bytes: [UInt8]) {
        guard stage == .open else { return }
        bytes.withUnsafeBytes { write($0) }
        drain()
    }

    /// Asks the peer for a sign of life; ``Event/pong`` is the answer.
    @discardableResult
    public func sendPing() -> Bool {
        guard stage == .open, frames.sendPing() else { return false }
        flushFrames()
        drain()
        return true
    }

    /// Begins the closing handshake; ``Event/closed(code:reason:)`` tells its end. Nothing where there is
    /// no connection yet.
    public func close(code: UInt16, reason: String) {
        guard stage == .open, !frames.hasSentClose else { return }
        frames.close(code: code, reason: reason)
        flushFrames()
        drain()
    }

    /// Drops the first bytes of ``outgoing``: they are on the socket.
    public func sent(_ count: Int) { outgoing.remove(count) }

    private func flushFrames() {
        guard frames.outgoing.count > 0 else { return }
        write(frames.outgoing.bytes)
        frames.outgoing.removeAll()
    }

    private func write(_ text: String) {
        var copy = text
        copy.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        guard let tls else { return outgoing.append(bytes) }
        // An established stream over memory takes everything; one that does not is over at the next read.
        try? tls.write(bytes)
    }

    private func drain() { tls?.drain(into: &outgoing) }
}
