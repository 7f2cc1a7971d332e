import Glibc
import HTTP
import ParleyTransport
import WebSocket

/// One HTTP request and its answer, over a connection of its own, on the host's loop. Tells once how it
/// went, in a later turn of the loop; releasing it calls all off.
///
/// Redirects are followed when they keep method and body (307, 308) and the scheme; `Authorization` goes
/// to the origin of the first URL and to no other. Every other status is an answer like any.
@TransportActor
public final class HTTPExchange {
    public struct Settings {
        /// For the lookup and the connection to an address, each.
        public var connectLimit: Duration = .seconds(10)
        /// From the connected socket to the sent request: tunnel and TLS.
        public var handshakeLimit: Duration = .seconds(10)
        /// From then to the whole answer.
        public var answerLimit: Duration = .seconds(15)
        public var maximumBodyBytes = 1 << 20
        public var maximumRedirects = 5
        /// Nil to go without proxies.
        public var proxies: ProxyEnvironment? = ProxyEnvironment()
        /// For https; nil for the system's authorities.
        public var certificateAuthorities: TLSContext?

        public init() {}
    }

    public struct Answer: Sendable {
        public let message: HTTPMessage
        /// Where it came from in the end: what its `Location` is relative to.
        public let url: HTTPURL
    }

    private static var readBytes: Int { 16_384 }

    private let settings: Settings
    private let loop: HostLoop
    private var done: (@TransportActor (Result<Answer, ExchangeFault>) -> Void)?
    private var request: HTTPRequest
    private var redirects = 0
    private var reader: HTTPMessageReader
    private var channel: PlaintextChannel?
    private var dial: Dial?
    private var socket: StreamSocket?
    private var watch: HostLoop.Watch?
    private var timer: HostLoop.Timer?
    private var deadline: (stage: LinkFault.Stage, dueNs: UInt64)?
    private let buffer: UnsafeMutableRawBufferPointer

    /// Begins at once.
    ///
    /// - Throws: for what can't be tried: a header that can't be sent, no descriptor left.
    public init(
        _ request: HTTPRequest, settings: Settings = Settings(), loop: HostLoop,
        done: @escaping @TransportActor (Result<Answer, ExchangeFault>) -> Void
    ) throws(TransportError) {
        self.request = request
        self.settings = settings
        self.loop = loop
        self.done = done
        reader = HTTPMessageReader(.responses(method: request.method))
        do throws(HTTPFault) {
            _ = try request.serialized()
        } catch {
            throw TransportError(.invalid, error.description)
        }
        buffer = .allocate(byteCount: Self.readBytes, alignment: 16)
        timer = loop.timer { [weak self] in self?.advance() }
        do throws(ExchangeFault) {
            try connect()
        } catch {
            buffer.deallocate()
            throw TransportError(.failed, error.description)
        }
    }

    isolated deinit {
        // A descriptor must not be watched when it closes.
        watch?.cancel()
        buffer.deallocate()
    }

    private func connect() throws(ExchangeFault) {
        let url = request.url
        reader = HTTPMessageReader(
            .responses(method: request.method), maximumBodyBytes: settings.maximumBodyBytes)
        var proxy: ProxyEnvironment.Proxy?
        do throws(HTTPFault) {
            proxy = try settings.proxies?.proxy(for: url)
        } catch {
            throw .http(error)
        }
        channel = try PlaintextChannel(
            url, context: settings.certificateAuthorities, proxyCredentials: proxy?.credentials)
        do throws(TransportError) {
            dial = try Dial(
                proxy?.host ?? url.host, port: proxy?.port ?? url.port,
                limit: settings.connectLimit, loop: loop
            ) { [weak self] in self?.dialed($0) }
        } catch {
            throw .link(.connect(error.message))
        }
    }

    private func dialed(_ result: Result<StreamSocket, LinkFault>) {
        dial = nil
        attempt { () throws(ExchangeFault) in
            switch result {
            case .failure(let fault): throw .link(fault)
            case .success(let connected): try use(connected)
            }
        }
    }

    private func use(_ connected: StreamSocket) throws(ExchangeFault) {
        do throws(TransportError) {
            watch = try loop.watch(connected.descriptor, for: .read) { [weak self] ready in
                self?.serve(ready)
            }
        } catch {
            throw .link(.connect(error.message))
        }
        socket = connected
        expect(.handshake, settings.handshakeLimit)
        try channel?.begin { event throws(ExchangeFault) in try take(event) }
        write()
    }

    // MARK: Time

    private func expect(_ stage: LinkFault.Stage, _ limit: Duration) {
        deadline = (stage, LinkClock.nowNs + limit.wholeNs)
        timer?.arm(afterNs: limit.wholeNs)
    }

    private func advance() {
        guard let deadline else { return }
        let now = LinkClock.nowNs
        guard now >= deadline.dueNs else {
            timer?.arm(afterNs: deadline.dueNs - now)
            return
        }
        end(.failure(.link(.timeout(deadline.stage))))
    }

    // MARK: Bytes

    private func serve(_ ready: HostLoop.Readiness) {
        if ready.contains(.write) { write() }
        guard !ready.isDisjoint(with: [.read, .error]) else { return }
        attempt { () throws(ExchangeFault) in try read() }
    }

    private func read() throws(ExchangeFault) {
        while let base = buffer.baseAddress, let socket, let channel {
            switch socket.read(into: base, room: buffer.count) {
            case .bytes(let count):
                let bytes = UnsafeRawBufferPointer(start: base, count: count)
                try channel.receive(bytes) { event throws(ExchangeFault) in try take(event) }
                write()
            case .wouldBlock: return
            case .end: return try take(.end)
            case .failed(let code): throw .link(.broken(StreamSocket.text(code)))
            }
        }
    }

    private func take(_ event: PlaintextChannel.Event) throws(ExchangeFault) {
        do throws(HTTPFault) {
            switch event {
            case .opened:
                channel?.write(try request.serialized())
                expect(.answer, settings.answerLimit)
                return
            case .bytes(let bytes): reader.receive(bytes)
            case .end: reader.receiveEnd()
            }
            guard done != nil, let message = try reader.next() else { return }
            answered(message)
        } catch {
            throw .http(error)
        }
    }

    private func write() {
        guard let socket, let channel else { return }
        while !channel.outgoing.isEmpty {
            switch socket.write(channel.outgoing.bytes) {
            case .bytes(let count): channel.sent(count)
            case .wouldBlock:
                try? watch?.setInterest([.read, .write])
                return
            case .end, .failed:
                // What the server said before it went is still to be read.
                try? watch?.setInterest(.read)
                return
            }
        }
        try? watch?.setInterest(.read)
    }

    // MARK: The answer

    private func answered(_ message: HTTPMessage) {
        guard message.status == 307 || message.status == 308,
            let location = message.head["location"]
        else { return end(.success(Answer(message: message, url: request.url))) }
        attempt { () throws(ExchangeFault) in
            let next = try target(location)
            // The key is for those that it was given for.
            if !next.hasSameOrigin(as: request.url) { request.authorization = nil }
            request.url = next
            hangUp()
            try connect()
        }
    }

    private func target(_ location: String) throws(ExchangeFault) -> HTTPURL {
        redirects += 1
        guard redirects <= settings.maximumRedirects else {
            throw .redirect("the server redirects over \(settings.maximumRedirects) times")
        }
        let next: HTTPURL
        do throws(HTTPFault) {
            next = try request.url.resolving(location)
        } catch {
            throw .redirect("the server redirects to what is no URL: \(error.description)")
        }
        guard next.isSecure == request.url.isSecure else {
            let from = request.url.isSecure ? "https" : "http"
            throw .redirect(
                "the server redirects from \(from) to another scheme, which is not followed")
        }
        return next
    }

    private func attempt(_ body: () throws(ExchangeFault) -> Void) {
        do throws(ExchangeFault) {
            try body()
        } catch {
            end(.failure(error))
        }
    }

    private func hangUp() {
        dial = nil
        watch?.cancel()
        watch = nil
        socket = nil
        channel = nil
        deadline = nil
    }

    private func end(_ result: Result<Answer, ExchangeFault>) {
        guard let done else { return }
        self.done = nil
        hangUp()
        timer?.cancel()
        done(result)
    }
}
