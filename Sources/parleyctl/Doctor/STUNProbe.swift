import CLinux
import Glibc

/// Asks a STUN or TURN server for the own address over UDP, which each of them tells anybody (RFC 8489, section
/// 3; Binding requests).
enum STUNProbe {
    /// For each of ``tries``.
    private static var limitMs: CInt { 1_000 }
    private static var tries: Int { 3 }
    private static let cookie: [UInt8] = [0x21, 0x12, 0xA4, 0x42]

    static func ask(_ server: ICEServerAddress) -> PeerReach {
        var host = server.host
        if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
        let addresses: [PeerProbe.Address]
        switch PeerProbe.resolve(host, server.port) {
        case .failure(let fault): return .unknownName(fault.reason)
        case .success(let found): addresses = found
        }
        var why = "it has no address"
        for address in addresses {
            guard let fault = ask(address) else { return .reached(address: address.text) }
            why = "\(address.text): \(fault)"
        }
        return .unreachable(why)
    }

    /// - Returns: nil when it answered, else why not.
    private static func ask(_ address: PeerProbe.Address) -> String? {
        let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let fd = socket(address.family, type, 0)
        guard fd >= 0 else { return PeerProbe.text(errno) }
        defer { close(fd) }
        let status = address.bytes.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                connect(fd, $0.baseAddress, socklen_t(bytes.count))
            }
        }
        guard status == 0 else { return PeerProbe.text(errno) }
        let transaction = (0..<12).map { _ in UInt8.random(in: 0...255) }
        let request = [0x00, 0x01, 0x00, 0x00] + cookie + transaction
        for _ in 0..<tries {
            guard send(fd, request, request.count, 0) == request.count else {
                return PeerProbe.text(errno)
            }
            var wait = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, limitMs) > 0 else { continue }
            var answer = [UInt8](repeating: 0, count: 1_500)
            let count = recv(fd, &answer, answer.count, 0)
            // That nobody listens there comes back as an error.
            guard count >= 0 else { return PeerProbe.text(errno) }
            // A success or an error: either way somebody speaks STUN.
            if count >= 20, answer[0] == 1, answer[1] & 0xEF == 1,
                Array(answer[4..<20]) == cookie + transaction
            {
                return nil
            }
        }
        return "no answer to \(tries) questions by UDP"
    }
}
