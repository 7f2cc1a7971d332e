import HTTP
import Networking
import ParleyTransport
import WebSocket

/// A browser's connection to the talk server: requests one after the other, each answered before the
/// next is read. One that dawdles is hung up on.
@TransportActor
final class HTTPServerConnection {
    /// For a handshake and a request, and between two.
    private static var patienceNs: UInt64 { 30_000_000_000 }
    private static var maximumBodyBytes: Int { 65_536 }

    private let socket: StreamSocket
    private let tls: TLSStream?
    private let onRequest: @TransportActor (HTTPMessage, HTTPServerConnection) -> Void
    private let onEnd: @TransportActor (HTTPServerConnection) -> Void
    private var watch: HostLoop.Watch?
    private var timer: HostLoop.Timer?
    private var reader = HTTPMessageReader(.requests, maximumBodyBytes: maximumBodyBytes)
    private var output = ByteQueue(capacity: 4_096)
    private var isAnswering = false
    private var closesWhenSent = false

    /// - Parameter tls: a server's context; nil for HTTP in the clear.
    init(
        _ socket: StreamSocket, tls: TLSContext?, loop: HostLoop,
        onRequest: @escaping @TransportActor (HTTPMessage, HTTPServerConnection) -> Void,
        onEnd: @escaping @TransportActor (HTTPServerConnection) -> Void
    ) throws(TransportError) {
        self.socket = socket
        self.onRequest = onRequest
        self.onEnd = onEnd
        do throws(TLSFault) {
            self.tls = if let tls { try TLSStream(tls, host: nil) } else { nil }
        } catch {
            throw TransportError(.failed, error.description)
        }
        watch = try loop.watch(socket.descriptor, for: .read) { [weak self] in
            if $0.contains(.write) { self?.write() }
            if !$0.isDisjoint(with: [.read, .error]) { self?.read() }
        }
        timer = loop.timer { [weak self] in self?.close() }
        timer?.arm(afterNs: Self.patienceNs)
    }

    // MARK: Requests

    private func read() {
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 16) { room in
            guard let base = room.baseAddress else { return }
            switch socket.read(into: base, room: room.count) {
            case .bytes(let count):
                take(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<count]))
            case .wouldBlock: break
            case .end, .failed: close()
            }
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        guard let tls else {
            reader.receive(bytes)
            return serve()
        }
        tls.receive(bytes)
        do throws(TLSFault) {
            if !tls.isEstablished { try tls.handshake() }
            if tls.isEstablished, try !readPlaintext(tls) { return close() }
            write()
            serve()
        } catch {
            write()
            close()
        }
    }

    /// - Returns: false when the browser ended TLS.
    private func readPlaintext(_ tls: TLSStream) throws(TLSFault) -> Bool {
        var plaintext = ByteQueue(capacity: 4_096)
        while true {
            switch try tls.read(into: plaintext.reserve(4_096), room: 4_096) {
            case .bytes(let count):
                plaintext.commit(count)
                reader.receive(plaintext.bytes)
                plaintext.removeAll()
            case .nothing: return true
            case .end: return false
            }
        }
    }

    private func serve() {
        guard !isAnswering, !closesWhenSent, watch != nil else { return }
        do throws(HTTPFault) {
            guard let request = try reader.next() else { return }
            isAnswering = true
            timer?.arm(afterNs: Self.patienceNs)
            if !request.keepsConnection { closesWhenSent = true }
            onRequest(request, self)
        } catch {
            closesWhenSent = true
            let status = if case .tooLong = error { 413 } else { 400 }
            put(HTTPResponse(talk: status, text: error.description))
        }
    }

    // MARK: Answers

    /// Answers the request at hand, or later when there is no answer yet.
    func answer(_ response: HTTPResponse?) {
        guard isAnswering, let response else { return }
        isAnswering = false
        put(response)
        serve()
    }

    private func put(_ response: HTTPResponse) {
        let answer = (try? response.serialized(keepsConnection: !closesWhenSent)) ?? []
        answer.withUnsafeBytes { bytes in
            guard let tls else { return output.append(bytes) }
            // A stream that is broken is found out by the next read.
            try? tls.write(bytes)
        }
        write()
    }

    private func write() {
        tls?.drain(into: &output)
        while !output.isEmpty {
            switch socket.write(output.bytes) {
            case .bytes(let count): output.remove(count)
            case .wouldBlock:
                try? watch?.setInterest([.read, .write])
                return
            case .end, .failed: return close()
            }
        }
        try? watch?.setInterest(.read)
        if closesWhenSent, !isAnswering { close() }
    }

    /// Hangs up; nothing follows.
    func close() {
        guard watch != nil else { return }
        watch?.cancel()
        watch = nil
        timer?.cancel()
        onEnd(self)
    }
}
