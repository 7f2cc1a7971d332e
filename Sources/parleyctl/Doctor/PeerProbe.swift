import CLinux
import Configuration
import Glibc
import Synchronization
import WebSocket

/// Goes as far towards a server as a transport would before it says who it is.
enum PeerProbe {
    /// For each step.
    private static var limitMs: CInt { 3_000 }

    /// - Parameter authorities: a PEM file that is trusted instead of the system's store.
    static func reach(_ endpoint: Endpoint, authorities: String? = nil) -> PeerReach {
        var host = endpoint.host
        if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
        let addresses: [Address]
        switch resolve(host, endpoint.port) {
        case .failure(let fault): return .unknownName(fault.reason)
        case .success(let found): addresses = found
        }
        var why = "it has no address"
        for address in addresses {
            switch connect(address) {
            case .failure(let fault): why = "\(address.text): \(fault.reason)"
            case .success(let socket):
                defer { close(socket) }
                guard !endpoint.isPlain else { return .reached(address: address.text) }
                if let fault = shakeHands(socket, host, authorities) { return fault }
                return .reached(address: address.text)
            }
        }
        return .unreachable(why)
    }

    struct Fault: Error, Sendable { let reason: String }

    struct Address: Sendable {
        var family: CInt
        var bytes: [UInt8]
        var text: String
    }

    // MARK: Name

    /// getaddrinfo() knows no time limit: a thread that is late is left behind, and ends with this
    /// program.
    static func resolve(_ host: String, _ port: Int) -> Result<[Address], Fault> {
        let inquiry = Inquiry(host: host, port: port)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(inquiry)
        let started = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Inquiry>.fromOpaque(context).takeRetainedValue().ask()
                return nil
            }, context.toOpaque())
        guard started == 0 else {
            context.release()
            return .failure(Fault(reason: "no thread could be started to ask for its name"))
        }
        pthread_detach(thread)
        for _ in 0..<Int(limitMs / 10) {
            if let answer = inquiry.answer.withLock({ $0 }) { return answer }
            usleep(10_000)
        }
        return .failure(
            Fault(reason: "the name servers did not answer within \(limitMs / 1_000) s"))
    }

    private final class Inquiry: Sendable {
        let host: String
        let port: Int
        let answer = Mutex<Result<[Address], Fault>?>(nil)

        init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        func ask() {
            var hints = addrinfo()
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            let code = getaddrinfo(host, "\(port)", &hints, &list)
            defer { if let list { freeaddrinfo(list) } }
            guard code == 0 else {
                let reason = String(cString: gai_strerror(code))
                answer.withLock { $0 = .failure(Fault(reason: reason)) }
                return
            }
            var found: [Address] = []
            var next = list
            while let entry = next?.pointee {
                if let address = Self.address(entry) { found.append(address) }
                next = entry.ai_next
            }
            answer.withLock { [found] in $0 = .success(found) }
        }

        private static func address(_ entry: addrinfo) -> Address? {
            guard let pointer = entry.ai_addr else { return nil }
            var name = [CChar](repeating: 0, count: 256)
            guard
                getnameinfo(
                    pointer, entry.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
                    == 0
            else { return nil }
            let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(entry.ai_addrlen))
            let text = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            return Address(
                family: entry.ai_family, bytes: Array(bytes),
                text: String(decoding: text, as: UTF8.self))
        }
    }

    // MARK: Port

    private static func connect(_ address: Address) -> Result<CInt, Fault> {
        let flags = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        let fd = socket(address.family, flags, 0)
        guard fd >= 0 else { return .failure(Fault(reason: text(errno))) }
        let result = address.bytes.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                Glibc.connect(fd, $0.baseAddress, socklen_t(bytes.count))
            }
        }
        var code = result == 0 ? 0 : errno
        if code == EINPROGRESS {
            guard isReady(fd, POLLOUT) else {
                close(fd)
                return .failure(Fault(reason: "no answer within \(limitMs / 1_000) s"))
            }
            var size = socklen_t(MemoryLayout<CInt>.size)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size)
        }
        guard code == 0 else {
            close(fd)
            return .failure(Fault(reason: text(code)))
        }
        return .success(fd)
    }

    private static func isReady(_ fd: CInt, _ events: CInt) -> Bool {
        var wait = pollfd(fd: fd, events: Int16(events), revents: 0)
        return poll(&wait, 1, limitMs) > 0
    }

    static func text(_ code: CInt) -> String { String(cString: strerror(code)) }

    // MARK: Certificate

    /// - Returns: nil when the peer is who it should be.
    private static func shakeHands(
        _ fd: CInt, _ host: String, _ authorities: String?
    ) -> PeerReach? {
        do throws(TLSFault) {
            let context = try TLSContext(certificateAuthorities: authorities)
            let stream = try TLSStream(context, host: host)
            for _ in 0..<64 {
                try stream.handshake()
                var out = ByteQueue()
                stream.drain(into: &out)
                send(&out, fd)
                if stream.isEstablished { return nil }
                guard isReady(fd, POLLIN) else {
                    return .unreachable("it does not speak TLS within \(limitMs / 1_000) s")
                }
                var chunk = [UInt8](repeating: 0, count: 16_384)
                let count = recv(fd, &chunk, chunk.count, 0)
                guard count > 0 else { return .unreachable("it hung up on the TLS handshake") }
                chunk.withUnsafeBytes {
                    stream.receive(UnsafeRawBufferPointer(rebasing: $0[..<count]))
                }
            }
            return .unreachable("its TLS handshake has no end")
        } catch {
            return .untrusted(error.description)
        }
    }

    private static func send(_ queue: inout ByteQueue, _ fd: CInt) {
        while !queue.isEmpty {
            let bytes = queue.bytes
            let count = Glibc.send(fd, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            if count > 0 {
                queue.remove(count)
            } else if errno != EAGAIN || !isReady(fd, POLLOUT) {
                return
            }
        }
    }
}
