import Foundation
import Glibc
import HTTP
import Synchronization
import WebSocket

/// An HTTP server on loopback that answers as the test says, one connection after the other, on a thread
/// of its own. Its end ends the thread.
public final class ScriptedHTTPServer: Sendable {
    public enum Reply: Sendable {
        case response(HTTPResponse)
        /// As they are, then the connection is closed.
        case bytes([UInt8])
        /// Nothing, until the client goes.
        case silence
    }

    /// A PEM file with a certificate, and one with its key.
    public struct Identity: Sendable {
        public let certificate: String
        public let key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    public let port: UInt16
    private let core: Core

    public init(
        identity: Identity? = nil, answer: @escaping @Sendable (HTTPMessage) -> Reply
    ) throws {
        core = try Core(identity: identity, answer: answer)
        port = core.port
        let core = core
        Thread.detachNewThread { core.serve() }
    }

    deinit { core.stop() }

    /// Those that came so far.
    public var requests: [HTTPMessage] { core.requests.withLock { $0 } }

    public func url(_ path: String, secure: Bool = false) throws -> HTTPURL {
        try HTTPURL("\(secure ? "https" : "http")://127.0.0.1:\(port)\(path)")
    }
}

private final class Core: Sendable {
    private let listener: CInt
    let port: UInt16
    let requests = Mutex<[HTTPMessage]>([])
    private let identity: ScriptedHTTPServer.Identity?
    private let answer: @Sendable (HTTPMessage) -> ScriptedHTTPServer.Reply

    init(
        identity: ScriptedHTTPServer.Identity?,
        answer: @escaping @Sendable (HTTPMessage) -> ScriptedHTTPServer.Reply
    ) throws {
        self.identity = identity
        self.answer = answer
        listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        guard code else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(listener) }

    func stop() { shutdown(listener, CInt(SHUT_RDWR)) }

    func serve() {
        while case let connection = accept(listener, nil, nil), connection >= 0 {
            Conversation(connection).hold(identity) { message in
                requests.withLock { $0.append(message) }
                return answer(message)
            }
            shutdown(connection, CInt(SHUT_RDWR))
            close(connection)
        }
    }
}

/// One connection, with blocking reads.
private final class Conversation {
    private let descriptor: CInt
    private var tls: TLSStream?
    private var buffer = [UInt8](repeating: 0, count: 16_384)

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    func hold(
        _ identity: ScriptedHTTPServer.Identity?,
        _ answer: (HTTPMessage) -> ScriptedHTTPServer.Reply
    ) {
        do {
            if let identity {
                let context = try TLSContext(
                    certificate: identity.certificate, key: identity.key)
                tls = try TLSStream(context, host: nil)
            }
            var reader = HTTPMessageReader(.requests)
            while true {
                guard try read(into: &reader) else { return }
                guard let message = try reader.next() else { continue }
                switch answer(message) {
                case .response(let response):
                    return try write(response.serialized(keepsConnection: false))
                case .bytes(let bytes): return try write(bytes)
                case .silence: while try read(into: &reader) {}
                }
            }
        } catch {
            // The client's tests tell what it made of that.
        }
    }

    private func read(into reader: inout HTTPMessageReader) throws -> Bool {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return false }
        guard let tls else {
            buffer[..<count].withUnsafeBytes { reader.receive($0) }
            return true
        }
        buffer[..<count].withUnsafeBytes { tls.receive($0) }
        defer { flush(tls) }
        if !tls.isEstablished { try tls.handshake() }
        guard tls.isEstablished else { return true }
        var plain = [UInt8](repeating: 0, count: 16_384)
        while case .bytes(let count) = try tls.read(into: &plain, room: plain.count) {
            plain[..<count].withUnsafeBytes { reader.receive($0) }
        }
        return true
    }

    private func write(_ bytes: [UInt8]) throws {
        guard let tls else { return send(bytes) }
        try bytes.withUnsafeBytes { try tls.write($0) }
        tls.shutDown()
        flush(tls)
    }

    private func flush(_ tls: TLSStream) {
        var queue = ByteQueue()
        tls.drain(into: &queue)
        send(Array(queue.bytes))
    }

    private func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
