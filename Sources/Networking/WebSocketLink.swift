import Glibc
import HTTP
import ParleyTransport
import WebSocket

/// A WebSocket to a server, on the host's loop: dials, shakes hands, keeps alive, closes. What the bytes
/// mean is ``WebSocketConnection``'s; this has the socket and the time.
///
/// Every link tells exactly one of ``Event/closed(code:reason:)`` and ``Event/failed(_:)``, last.
@TransportActor
public final class WebSocketLink {
    public struct Settings: Sendable {
        /// For the lookup and the connection to an address, each.
        public var connectLimit: Duration = .seconds(10)
        /// From the connected socket to the open WebSocket: tunnel, TLS and upgrade.
        public var handshakeLimit: Duration = .seconds(10)
        /// Without a byte of the server before it is asked for a sign of life.
        public var quietLimit: Duration = .seconds(10)
        /// That it has to give one.
        public var answerLimit: Duration = .seconds(10)
        /// That it has to answer our close.
        public var closeLimit: Duration = .milliseconds(500)

        public init() {}
    }

    public enum Event {
        case opened(HTTPHead)
        /// Valid within the call only.
        case text(UnsafeRawBufferPointer)
        /// A binary message of so many bytes.
        case binary(Int)
        /// Everything that was sent is with the system, after some of it had to wait.
        case drained
        case closed(code: UInt16, reason: String)
        case failed(LinkFault)
    }

    private static var readBytes: Int { 32_768 }
    /// Reads in a row, so that one flooding server can't keep the others of this host waiting.
    private static var readsInARow: Int { 16 }

    private let connection: WebSocketConnection
    private let settings: Settings
    private let loop: HostLoop
    private var handler: (@TransportActor (Event) -> Void)?
    private var dial: Dial?
    private var socket: StreamSocket?
    private var watch: HostLoop.Watch?
    private var timer: HostLoop.Timer?
    /// Of the handshake.
    private var handshakeDueNs: UInt64?
    private var keepAlive: KeepAlive?
    private var closeDueNs: UInt64?
    private let buffer: UnsafeMutableRawBufferPointer

    /// Begins at once; events come later.
    ///
    /// - Throws: for what can't be tried: a TLS set-up that fails, no descriptor left.
    public init(
        _ request: WebSocketConnection.Request, through proxy: ProxyEnvironment.Proxy?,
        settings: Settings = Settings(), loop: HostLoop,
        handler: @escaping @TransportActor (Event) -> Void
    ) throws(TransportError) {
        var request = request
        request.proxyCredentials = proxy?.credentials
        do throws(WebSocketError) {
            connection = try WebSocketConnection(request)
        } catch {
            throw TransportError(.failed, error.description)
        }
        self.settings = settings
        self.loop = loop
        self.handler = handler
        buffer = .allocate(byteCount: Self.readBytes, alignment: 16)
        timer = loop.timer { [weak self] in self?.advance() }
        dial = try Dial(
            proxy?.host ?? request.url.host, port: proxy?.port ?? request.url.port,
            limit: settings.connectLimit, loop: loop
        ) { [weak self] in self?.dialed($0) }
    }

    isolated deinit { buffer.deallocate() }

    public var isOpen: Bool { connection.isOpen && handler != nil }

    /// Bytes that the socket has not taken yet.
    public var unsentBytes: Int { connection.outgoing.count }

    private var nowNs: UInt64 { LinkClock.nowNs }

    // MARK: The server

    private func dialed(_ result: Result<StreamSocket, LinkFault>) {
        dial = nil
        switch result {
        case .success(let connected): use(connected)
        case .failure(let fault): fail(fault)
        }
    }

    private func use(_ connected: StreamSocket) {
        do throws(TransportError) {
            watch = try loop.watch(connected.descriptor, for: .read) { [weak self] ready in
                self?.serve(ready)
            }
        } catch {
            return fail(.connect(error.message))
        }
        socket = connected
        handshakeDueNs = nowNs + settings.handshakeLimit.wholeNs
        write()
        arm()
    }

    // MARK: Time

    private func advance() {
        let now = nowNs
        if let closeDueNs, now >= closeDueNs {
            return end(.closed(code: 1006, reason: "the server did not answer the close"))
        }
        if let handshakeDueNs, now >= handshakeDueNs { return fail(.timeout(.handshake)) }
        switch reads ? keepAlive?.advance(nowNs: now) : nil {
        case .ping:
            connection.sendPing()
            write()
        case .dead: return fail(.silent)
        case nil: break
        }
        arm()
    }

    private func arm() {
        guard handler != nil else { return }
        let dues = [handshakeDueNs, closeDueNs, reads ? keepAlive?.nextDueNs : nil]
        guard let due = dues.compactMap({ $0 }).min() else { return }
        let now = nowNs
        timer?.arm(afterNs: due > now ? due - now : 0)
    }

    // MARK: Bytes

    private func serve(_ ready: HostLoop.Readiness) {
        if ready.contains(.write) { write() }
        guard !ready.isDisjoint(with: [.read, .error]) else { return }
        read()
    }

    private func read() {
        for _ in 0..<Self.readsInARow {
            guard let base = buffer.baseAddress, let socket, reads else { return }
            switch socket.read(into: base, room: buffer.count) {
            case .bytes(let count):
                keepAlive?.heard(nowNs: nowNs)
                let bytes = UnsafeRawBufferPointer(start: base, count: count)
                connection.receive(bytes) { tell($0) }
                write()
                if count < buffer.count { return }
            case .wouldBlock: return
            case .end: return connection.receiveEnd { tell($0) }
            case .failed(let code): return fail(.broken(StreamSocket.text(code)))
            }
        }
    }

    private func tell(_ event: WebSocketConnection.Event) {
        switch event {
        case .opened(let head):
            handshakeDueNs = nil
            keepAlive = KeepAlive(
                quietNs: settings.quietLimit.wholeNs, answerNs: settings.answerLimit.wholeNs,
                nowNs: nowNs)
            arm()
            handler?(.opened(head))
        case .text(let bytes): handler?(.text(bytes))
        case .binary(let bytes): handler?(.binary(bytes.count))
        case .pong: break
        case .closed(let code, let reason):
            write()
            end(.closed(code: code, reason: reason))
        case .failed(let error):
            write()
            fail(.webSocket(error))
        }
    }

    private func write() {
        guard let socket else { return }
        while !connection.outgoing.isEmpty {
            switch socket.write(connection.outgoing.bytes) {
            case .bytes(let count): connection.sent(count)
            case .wouldBlock: return waitForRoom(true)
            case .end, .failed:
                // What the server said before it went is still to be read.
                return waitForRoom(false)
            }
        }
        let hadToWait = waitsForRoom
        waitForRoom(false)
        if hadToWait { handler?(.drained) }
    }

    private var waitsForRoom = false
    private var reads = true

    private func waitForRoom(_ waits: Bool) {
        guard waits != waitsForRoom else { return }
        waitsForRoom = waits
        setInterest()
    }

    /// Stops to read, or goes on: while nothing is read the server is held back by TCP, and its silence
    /// is not taken for death.
    public func setReading(_ reads: Bool) {
        guard reads != self.reads else { return }
        self.reads = reads
        setInterest()
        if reads { keepAlive?.heard(nowNs: nowNs) }
        arm()
    }

    private func setInterest() {
        var interest: HostLoop.Readiness = reads ? .read : []
        if waitsForRoom { interest.insert(.write) }
        try? watch?.setInterest(interest)
    }

    // MARK: Messages

    /// Sends a text message; the bytes are copied. False unless the WebSocket is open.
    @discardableResult
    public func sendText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard handler != nil, connection.sendText(bytes) else { return false }
        write()
        return true
    }

    // MARK: The end

    /// Closes; an event tells the end soon, whatever the server does.
    public func close(code: UInt16 = 1000, reason: String = "") {
        guard handler != nil, closeDueNs == nil else { return }
        guard connection.isOpen else {
            // In a turn of its own: nobody expects an event while he calls.
            closeDueNs = nowNs
            return arm()
        }
        connection.close(code: code, reason: reason)
        closeDueNs = nowNs + settings.closeLimit.wholeNs
        write()
        arm()
    }

    /// Lets go of everything at once; no event follows.
    public func abandon() {
        handler = nil
        dial = nil
        watch?.cancel()
        watch = nil
        socket = nil
        timer?.cancel()
    }

    private func fail(_ fault: LinkFault) { end(.failed(fault)) }

    private func end(_ event: Event) {
        guard let handler else { return }
        abandon()
        handler(event)
    }
}
