import Glibc
import Networking
import OpenAIRealtime
import ParleyTransport

/// One connection to a server: the protocol's client, the link that carries it, and the order of what
/// leaves. What concerns the session goes to the owner.
@TransportActor
final class ServerConnection {
    /// What the owner learns, in order.
    enum Event {
        /// The client wants something that is the owner's to do; never a `send`.
        case effect(Effect)
        /// Valid within the call only: the raw event that ``Effect/rawEvent`` speaks of.
        case raw(UnsafeRawBufferPointer)
        /// No connection came about, or it broke; the owner tells the client.
        case failed(LinkFault)
        /// After ``Effect/disconnect(_:)``: nothing is left of the connection.
        case gone
        /// Sound was lost because the server took none for so long.
        case dropped(ms: Int)
    }

    var client: RealtimeClient
    private var link: WebSocketLink?
    private var backlog = AudioBacklog()
    private let handler: @TransportActor (Event) -> Void
    /// The message at hand.
    private var message = UnsafeRawBufferPointer(start: nil, count: 0)
    private var isCarryingOut = false
    private var hasEnded = false

    init(_ client: RealtimeClient, handler: @escaping @TransportActor (Event) -> Void) {
        self.client = client
        self.handler = handler
    }

    static var nowNs: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    /// Begins to connect; to be called once.
    func open(
        _ options: ServerOptions, key: String?, loop: HostLoop
    ) throws(TransportError) {
        link = try WebSocketLink(
            try options.request(key: key), through: try options.proxy(), settings: options.link,
            loop: loop
        ) { [weak self] in self?.serve($0) }
    }

    private func serve(_ event: WebSocketLink.Event) {
        switch event {
        case .opened:
            client.opened(nowNs: Self.nowNs, unixSeconds: Int64(time(nil)))
        case .text(let bytes):
            message = bytes
            client.receive(bytes, nowNs: Self.nowNs)
            carryOut()
            message = UnsafeRawBufferPointer(start: nil, count: 0)
        case .binary(let count): handler(.effect(.log("a binary message of \(count) bytes came")))
        case .drained: sendBacklog()
        case .closed(let code, let reason):
            link = nil
            if hasEnded { return handler(.gone) }
            client.closed(code: Int(code), reason: reason, nowNs: Self.nowNs)
        case .failed(let fault):
            link = nil
            if hasEnded { return handler(.gone) }
            handler(.failed(fault))
        }
        carryOut()
    }

    // MARK: Effects

    /// Does what the client wants, until it wants nothing. To be called after every change of ``client``.
    func carryOut() {
        // What an effect sets off is done in its turn.
        guard !isCarryingOut else { return }
        isCarryingOut = true
        defer { isCarryingOut = false }
        while let effect = client.nextEffect() {
            switch effect {
            case .send(let bytes): send(bytes)
            case .sendAudio: sendAudio()
            case .rawEvent: handler(.raw(message))
            case .disconnect:
                hasEnded = true
                link?.close()
                handler(.effect(effect))
                if link == nil { handler(.gone) }
            default: handler(.effect(effect))
            }
        }
    }

    /// Sound that waits goes first, so that a commit never overtakes what it commits.
    private func send(_ bytes: [UInt8]) {
        while let waiting = backlog.removeFirst() { write(waiting) }
        write(bytes)
    }

    private func write(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { link?.sendText($0) } }

    private func sendAudio() {
        guard let link else { return }
        if backlog.isEmpty, link.unsentBytes == 0 {
            write(client.audioMessage)
        } else {
            backlog.append(client.audioMessage, ms: audioMs)
            // At once, and while it goes on now and then: a server that is stuck may never take more.
            tellDropped(atLeastMs: hasTold ? 1_000 : 1)
        }
    }

    /// Of the frame at hand.
    private var audioMs = 20

    private func sendBacklog() {
        while let link, link.unsentBytes == 0, let waiting = backlog.removeFirst() {
            write(waiting)
        }
        guard backlog.isEmpty else { return }
        tellDropped(atLeastMs: 1)
        hasTold = false
    }

    /// Whether a loss was told since the server took everything.
    private var hasTold = false

    private func tellDropped(atLeastMs: Int) {
        guard let lostMs = backlog.takeDropped(atLeastMs: atLeastMs) else { return }
        hasTold = true
        handler(.dropped(ms: lostMs))
    }

    // MARK: Session

    func microphone(_ frame: borrowing AudioFrame) {
        audioMs = frame.header.sampleCount * 1_000 / frame.header.format.rateHz
        frame.bytes.withUnsafeBytes { client.microphone($0) }
        carryOut()
    }

    func dropAudio() {
        client.dropAudio()
        backlog.removeAll()
    }

    /// Stops or starts to read what the server sends.
    func setReading(_ isReading: Bool) { link?.setReading(isReading) }

    func advance() {
        client.advance(nowNs: Self.nowNs)
        carryOut()
    }
}
