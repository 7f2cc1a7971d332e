import Glibc
import ParleyTransport
import WebSocket

/// One connection through a ``TLSTunnel``: a near socket in the clear, a far one in TLS.
@TransportActor
final class TLSTunnelLeg {
    /// What waits for one side before the other is not read any more.
    private static var fullBytes: Int { 262_144 }
    private static var readBytes: Int { 16_384 }
    private static var limit: Duration { .seconds(10) }

    private let near: StreamSocket
    private let loop: HostLoop
    private var done: (@TransportActor (TLSTunnelLeg, String?) -> Void)?
    private var dial: Dial?
    private var far: StreamSocket?
    private var tls: TLSStream?
    private var nearWatch: HostLoop.Watch?
    private var farWatch: HostLoop.Watch?
    private var toNear = ByteQueue()
    private var toFar = ByteQueue()
    private let room = UnsafeMutableRawPointer.allocate(
        byteCount: TLSTunnelLeg.readBytes, alignment: 16)

    init(
        _ near: StreamSocket, loop: HostLoop,
        done: @escaping @TransportActor (TLSTunnelLeg, String?) -> Void
    ) {
        self.near = near
        self.loop = loop
        self.done = done
    }

    isolated deinit {
        nearWatch?.cancel()
        farWatch?.cancel()
        room.deallocate()
    }

    func connect(to host: String, port: UInt16, context: TLSContext) {
        do {
            tls = try TLSStream(context, host: host)
            dial = try Dial(host, port: port, limit: Self.limit, loop: loop) { [weak self] in
                self?.dialed($0)
            }
        } catch {
            end("\(error)")
        }
    }

    private func dialed(_ result: Result<StreamSocket, LinkFault>) {
        dial = nil
        do {
            let socket = try result.get()
            far = socket
            farWatch = try loop.watch(socket.descriptor, for: .read) { [weak self] in
                self?.serveFar($0)
            }
            nearWatch = try loop.watch(near.descriptor, for: .read) { [weak self] in
                self?.serveNear($0)
            }
            try tls?.handshake()
            flush()
        } catch {
            end("\(error)")
        }
    }

    // MARK: Near

    private func serveNear(_ ready: HostLoop.Readiness) {
        guard !ready.isDisjoint(with: [.read, .error]), tls?.isEstablished == true,
            toFar.count < Self.fullBytes
        else { return flush() }
        switch near.read(into: room, room: Self.readBytes) {
        case .bytes(let count):
            do throws(TLSFault) {
                try tls?.write(UnsafeRawBufferPointer(start: room, count: count))
                flush()
            } catch {
                end(error.description)
            }
        case .wouldBlock: flush()
        case .end, .failed: finish()
        }
    }

    /// The near side has closed: the server is told.
    private func finish() {
        tls?.shutDown()
        tls?.drain(into: &toFar)
        if let far, !toFar.isEmpty { _ = far.write(toFar.bytes) }
        end(nil)
    }

    // MARK: Far

    private func serveFar(_ ready: HostLoop.Readiness) {
        guard !ready.isDisjoint(with: [.read, .error]), toNear.count < Self.fullBytes, let far
        else { return flush() }
        switch far.read(into: room, room: Self.readBytes) {
        case .bytes(let count): decrypt(UnsafeRawBufferPointer(start: room, count: count))
        case .wouldBlock: flush()
        case .end:
            end(tls?.isEstablished == true ? nil : "the server closed before TLS was set up")
        case .failed(let code): end(StreamSocket.text(code))
        }
    }

    private func decrypt(_ bytes: UnsafeRawBufferPointer) {
        guard let tls else { return }
        tls.receive(bytes)
        do throws(TLSFault) {
            if !tls.isEstablished { try tls.handshake() }
            while tls.isEstablished {
                let target = toNear.reserve(Self.readBytes)
                switch try tls.read(into: target, room: Self.readBytes) {
                case .bytes(let count):
                    toNear.commit(count)
                    continue
                case .nothing: break
                case .end:
                    flush()
                    return end(nil)
                }
                break
            }
            flush()
        } catch {
            end(error.description)
        }
    }

    // MARK: Both

    /// Writes what waits, and waits for what the sockets do not take.
    private func flush() {
        guard let far, done != nil else { return }
        tls?.drain(into: &toFar)
        guard write(&toFar, to: far), write(&toNear, to: near) else { return end(nil) }
        // Before TLS is set up what the near side says stays with the system.
        let readsNear = tls?.isEstablished == true && toFar.count < Self.fullBytes
        set(nearWatch, reads: readsNear, writes: !toNear.isEmpty)
        set(farWatch, reads: toNear.count < Self.fullBytes, writes: !toFar.isEmpty)
    }

    /// - Returns: false when the socket is broken.
    private func write(_ queue: inout ByteQueue, to socket: StreamSocket) -> Bool {
        while !queue.isEmpty {
            switch socket.write(queue.bytes) {
            case .bytes(let count): queue.remove(count)
            case .wouldBlock: return true
            case .end, .failed: return false
            }
        }
        return true
    }

    private func set(_ watch: HostLoop.Watch?, reads: Bool, writes: Bool) {
        var interest: HostLoop.Readiness = []
        if reads { interest.insert(.read) }
        if writes { interest.insert(.write) }
        do throws(TransportError) {
            try watch?.setInterest(interest)
        } catch {
            end(error.message)
        }
    }

    private func end(_ fault: String?) {
        guard let done else { return }
        self.done = nil
        nearWatch?.cancel()
        farWatch?.cancel()
        dial = nil
        done(self, fault)
    }
}
