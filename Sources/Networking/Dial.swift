import ParleyTransport

/// Connects to a host by name or address: asks the resolver, then races the addresses (RFC 8305), each
/// with a limit of its own. Tells once how it went, in a later turn of the loop; releasing it calls all off.
@TransportActor
public final class Dial {
    private struct Attempt {
        let socket: StreamSocket
        let watch: HostLoop.Watch
    }

    private let limit: Duration
    private let loop: HostLoop
    private var done: (@TransportActor (Result<StreamSocket, LinkFault>) -> Void)?
    private var lookup: AddressLookup?
    private var addresses: [SocketAddress] = []
    private var race = AddressRace(count: 0)
    private var attempts: [Int: Attempt] = [:]
    private var deadline: (stage: LinkFault.Stage, dueNs: UInt64)
    private var timer: HostLoop.Timer?

    /// - Parameter limit: for the lookup, and again for the connection to an address.
    /// - Throws: when the system has no thread or descriptor left for the lookup.
    public init(
        _ host: String, port: UInt16, limit: Duration, loop: HostLoop,
        done: @escaping @TransportActor (Result<StreamSocket, LinkFault>) -> Void
    ) throws(TransportError) {
        self.limit = limit
        self.loop = loop
        self.done = done
        let dueNs = LinkClock.nowNs + limit.wholeNs
        if let address = SocketAddress(host, port: port) {
            deadline = (.connect, dueNs)
            addresses = [address]
            race = AddressRace(count: 1)
        } else {
            deadline = (.lookup, dueNs)
            lookup = try AddressLookup(host, port: port, loop: loop) { [weak self] in
                self?.found($0)
            }
        }
        timer = loop.timer { [weak self] in self?.advance() }
        // What is due now is done in a turn of its own: the caller does not have this yet.
        timer?.arm(afterNs: 0)
    }

    /// A descriptor must not be watched when it closes.
    isolated deinit {
        for attempt in attempts.values { attempt.watch.cancel() }
    }

    private func found(_ answer: Result<[SocketAddress], LookupFault>) {
        lookup = nil
        switch answer {
        case .failure(let fault): end(.failure(.lookup(fault)))
        case .success(let found):
            addresses = AddressRace.interleaved(found)
            race = AddressRace(count: addresses.count)
            deadline = (.connect, LinkClock.nowNs + limit.wholeNs)
            advance()
        }
    }

    private func advance() {
        if LinkClock.nowNs >= deadline.dueNs { return end(.failure(.timeout(deadline.stage))) }
        while lookup == nil, done != nil, let step = race.advance(nowNs: LinkClock.nowNs) {
            switch step {
            case .failed(let reason): end(.failure(.connect(reason)))
            case .attempt(let index): attempt(index)
            }
        }
        guard done != nil else { return }
        let due = min(deadline.dueNs, lookup == nil ? race.nextDueNs ?? .max : .max)
        let now = LinkClock.nowNs
        timer?.arm(afterNs: due > now ? due - now : 0)
    }

    private func attempt(_ index: Int) {
        do {
            let socket = try StreamSocket(connectingTo: addresses[index])
            let watch = try loop.watch(socket.descriptor, for: .write) { [weak self] _ in
                self?.attemptEnded(index)
            }
            attempts[index] = Attempt(socket: socket, watch: watch)
        } catch {
            race.failed(index, "\(error)", nowNs: LinkClock.nowNs)
        }
    }

    private func attemptEnded(_ index: Int) {
        guard let attempt = attempts.removeValue(forKey: index) else { return }
        attempt.watch.cancel()
        if let code = attempt.socket.connectFault() {
            let fault = SocketFault(addresses[index], code)
            race.failed(index, fault.description, nowNs: LinkClock.nowNs)
            return advance()
        }
        end(.success(attempt.socket))
    }

    private func end(_ result: Result<StreamSocket, LinkFault>) {
        guard let done else { return }
        self.done = nil
        lookup = nil
        for attempt in attempts.values { attempt.watch.cancel() }
        attempts = [:]
        timer?.cancel()
        done(result)
    }
}
