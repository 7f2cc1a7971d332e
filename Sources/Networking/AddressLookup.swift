import CLinux
import Glibc
import ParleyTransport
import Synchronization

/// Asks the system's resolver (getaddrinfo(3)) on a thread of its own, since it blocks for as long as it
/// likes. Releasing this ends the wait; the thread goes when the resolver lets it.
@TransportActor
public final class AddressLookup {
    /// Shared with the thread, which may outlive the session: it touches nothing else.
    private final class Question: Sendable {
        let host: String
        let port: UInt16
        let bell: CInt
        let answer = Mutex<Result<[SocketAddress], LookupFault>?>(nil)

        init?(host: String, port: UInt16) {
            self.host = host
            self.port = port
            bell = eventfd(0, CInt(EFD_CLOEXEC) | CInt(EFD_NONBLOCK))
            guard bell >= 0 else { return nil }
        }

        deinit { close(bell) }

        func ask() {
            var hints = addrinfo()
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
            hints.ai_flags = AI_ADDRCONFIG
            var list: UnsafeMutablePointer<addrinfo>?
            let code = getaddrinfo(host, String(port), &hints, &list)
            defer { if let list { freeaddrinfo(list) } }
            var addresses: [SocketAddress] = []
            var entry = list
            while let this = entry?.pointee {
                if let address = this.ai_addr {
                    addresses.append(SocketAddress(address, length: this.ai_addrlen))
                }
                entry = this.ai_next
            }
            answer.withLock {
                $0 =
                    code == 0
                    ? .success(addresses)
                    : .failure(LookupFault(host: host, reason: String(cString: gai_strerror(code))))
            }
            var one: UInt64 = 1
            write(bell, &one, 8)
        }
    }

    private let question: Question
    private var watch: HostLoop.Watch?

    /// - Parameter done: called once, later.
    /// - Throws: when the system has no thread or descriptor left.
    public init(
        _ host: String, port: UInt16, loop: HostLoop,
        done: @escaping @TransportActor (Result<[SocketAddress], LookupFault>) -> Void
    ) throws(TransportError) {
        guard let question = Question(host: host, port: port) else {
            throw TransportError(.failed, "no descriptor is left to look up \(host)")
        }
        self.question = question
        watch = try loop.watch(question.bell, for: .read) { [weak self] _ in
            guard let self, let answer = self.question.answer.withLock({ $0 }) else { return }
            self.watch?.cancel()
            self.watch = nil
            done(answer)
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let mine = Unmanaged.passRetained(question)
        let code = pthread_create(&thread, &attributes, Self.resolver, mine.toOpaque())
        guard code == 0 else {
            mine.release()
            throw TransportError(.failed, "no thread is left to look up \(host), errno \(code)")
        }
    }
}

extension AddressLookup {
    /// What the thread runs. A closure within `init` would belong to the actor, and the runtime would end
    /// the process for calling it anywhere else.
    private nonisolated static let resolver:
        @convention(c) @Sendable (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { data in
            guard let data else { return nil }
            Unmanaged<Question>.fromOpaque(data).takeRetainedValue().ask()
            return nil
        }
}

/// A name that has no address, or that nobody can be asked for.
public struct LookupFault: Error, Sendable, Hashable, CustomStringConvertible {
    public let host: String
    public let reason: String

    public var description: String { "the address of \(host) was not found: \(reason)" }
}
