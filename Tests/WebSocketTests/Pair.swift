import HTTP
import WebSocket

/// A client and a server joined in memory, with the bytes between them in pieces of a given size.
final class Pair {
    let client: WebSocketConnection
    let server: WebSocketConnection
    private(set) var clientLog: [String] = []
    private(set) var serverLog: [String] = []
    /// Whether the server ever saw a request: only then can it know a header.
    private(set) var serverHead: HTTPHead?
    private let pieceBytes: Int

    init(
        _ request: WebSocketConnection.Request, serverTLS: TLSContext? = nil,
        pieceBytes: Int = 65_536,
        admit: @escaping (HTTPHead) -> WebSocketConnection.Admission = { _ in
            .accept(subprotocol: nil)
        }
    ) throws {
        self.pieceBytes = pieceBytes
        client = try WebSocketConnection(request)
        server = try WebSocketConnection(serverWith: serverTLS, admit: admit)
    }

    /// Carries bytes until both are quiet.
    func run() {
        while !client.outgoing.isEmpty || !server.outgoing.isEmpty {
            carry(from: client, to: server) { event in
                if case .opened(let head) = event { self.serverHead = head }
                self.serverLog.append(Self.text(event))
                if case .text(let bytes) = event { self.server.sendText(bytes) }
            }
            carry(from: server, to: client) { self.clientLog.append(Self.text($0)) }
        }
    }

    private func carry(
        from one: WebSocketConnection, to other: WebSocketConnection,
        _ tell: (WebSocketConnection.Event) -> Void
    ) {
        // A copy: what is told may make more.
        let bytes = Array(one.outgoing.bytes)
        one.sent(bytes.count)
        var start = 0
        while start < bytes.count {
            let end = min(start + pieceBytes, bytes.count)
            bytes[start..<end].withUnsafeBytes { other.receive($0, tell) }
            start = end
        }
    }

    func endOfServer() { client.receiveEnd { clientLog.append(Self.text($0)) } }

    /// Bytes that no WebSocket server of ours would send.
    func serverSends(_ text: String) {
        Array(text.utf8).withUnsafeBytes {
            client.receive($0) { clientLog.append(Self.text($0)) }
        }
    }

    func serverSends(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { client.receive($0) { clientLog.append(Self.text($0)) } }
    }

    static func text(_ event: WebSocketConnection.Event) -> String {
        switch event {
        case .opened: "opened"
        case .text(let bytes):
            bytes.count > 100
                ? "text of \(bytes.count)" : "text " + String(decoding: bytes, as: UTF8.self)
        case .binary(let bytes): "binary of \(bytes.count)"
        case .pong: "pong"
        case .closed(let code, let reason): "closed \(code) \(reason)"
        case .failed(let error): "failed: \(error)"
        }
    }
}
