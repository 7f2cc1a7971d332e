import HTTP
import JSON
import WebSocket

/// The way between a socket and the bytes that a protocol speaks: a proxy's tunnel, then TLS, each where
/// there is one. It has no socket and no clock. [one thread]
///
/// ```
/// socket ─► receive(_:_:) ─► proxy's answer ─► TLS ─► Event.bytes
/// socket ◄─ outgoing                        ◄─ TLS ◄─ write(_:)
/// ```
final class PlaintextChannel {
    enum Event {
        /// ``write(_:)`` may be called.
        case opened
        /// Valid within the call only.
        case bytes(UnsafeRawBufferPointer)
        /// The peer ended TLS in due form.
        case end
    }

    private enum Stage { case proxy, tls, open }

    /// What is to be written to the socket.
    private(set) var outgoing = ByteQueue()
    private var stage: Stage
    private let tls: TLSStream?
    private var answer: [UInt8] = []
    private var decrypted = ByteQueue()

    /// - Parameters:
    ///   - context: for https; nil for the system's authorities.
    ///   - proxyCredentials: nil without a proxy; `user:password`, or empty for none.
    init(
        _ url: HTTPURL, context: TLSContext?, proxyCredentials: String?
    ) throws(ExchangeFault) {
        do throws(TLSFault) {
            if url.isSecure {
                let context = if let context { context } else { try TLSContext() }
                tls = try TLSStream(context, host: url.host)
            } else {
                tls = nil
            }
        } catch {
            throw .tls(error)
        }
        stage = .tls
        guard let proxyCredentials else { return }
        stage = .proxy
        var headers = [("Host", url.authority)]
        if !proxyCredentials.isEmpty {
            var text: [UInt8] = []
            Array(proxyCredentials.utf8).withUnsafeBytes { Base64.encode($0, into: &text) }
            headers.append(
                ("Proxy-Authorization", "Basic \(String(decoding: text, as: UTF8.self))"))
        }
        outgoing.append(
            "CONNECT \(url.authority) HTTP/1.1\r\n"
                + headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n")
    }

    /// To be called once there is a socket.
    func begin(_ tell: (Event) throws(ExchangeFault) -> Void) throws(ExchangeFault) {
        if stage == .tls { try goOnWithTLS(tell) }
    }

    func receive(
        _ bytes: UnsafeRawBufferPointer, _ tell: (Event) throws(ExchangeFault) -> Void
    ) throws(ExchangeFault) {
        switch stage {
        case .proxy:
            answer += bytes
            guard try proxyAnswered() else { return }
            // A server speaks first in neither TLS nor HTTP: what is left is nobody's.
            answer = []
            stage = .tls
            return try goOnWithTLS(tell)
        case .tls:
            tls?.receive(bytes)
            try goOnWithTLS(tell)
        case .open:
            guard let tls else { return try tell(.bytes(bytes)) }
            tls.receive(bytes)
        }
        if stage == .open { try readPlaintext(tell) }
    }

    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            guard let tls else { return outgoing.append(bytes) }
            // Over memory an established stream takes everything; another is over at the next read.
            try? tls.write(bytes)
        }
        drain()
    }

    /// Drops the first bytes of ``outgoing``: they are on the socket.
    func sent(_ count: Int) { outgoing.remove(count) }

    private func goOnWithTLS(
        _ tell: (Event) throws(ExchangeFault) -> Void
    ) throws(ExchangeFault) {
        if let tls {
            defer { drain() }
            do throws(TLSFault) {
                try tls.handshake()
            } catch {
                throw .tls(error)
            }
            guard tls.isEstablished else { return }
        }
        stage = .open
        try tell(.opened)
    }

    private func readPlaintext(
        _ tell: (Event) throws(ExchangeFault) -> Void
    ) throws(ExchangeFault) {
        guard let tls else { return }
        defer { drain() }
        while true {
            let read: TLSStream.Read
            do throws(TLSFault) {
                read = try tls.read(into: decrypted.reserve(16_384), room: 16_384)
            } catch {
                throw .tls(error)
            }
            switch read {
            case .bytes(let count):
                decrypted.commit(count)
                defer { decrypted.removeAll() }
                try tell(.bytes(decrypted.bytes))
            case .nothing: return
            case .end: return try tell(.end)
            }
        }
    }

    private func proxyAnswered() throws(ExchangeFault) -> Bool {
        switch answer.withUnsafeBytes({ HTTPHead.parse($0) }) {
        case .incomplete: return false
        case .malformed(let why): throw .http(.malformed("the proxy's answer: \(why)"))
        case .complete(let head, _):
            guard let status = head.status else {
                throw .http(.malformed("the proxy's answer is none of HTTP"))
            }
            guard (200...299).contains(status) else {
                throw .proxy(status: status, reason: head.reason)
            }
            return true
        }
    }

    private func drain() { tls?.drain(into: &outgoing) }
}
