import CNice
import Glibc

/// The addresses of this machine that may become host candidates.
enum LocalAddresses {
    /// Numeric, in the order of the interfaces; without loopback, and without link-local ones, which a
    /// peer elsewhere can't use and whose scope SDP has no word for.
    static func find(_ configuration: ICEConfiguration) -> [String] {
        guard configuration.addresses.isEmpty else { return configuration.addresses }
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0, let list else { return [] }
        defer { freeifaddrs(list) }
        var found: [String] = []
        for entry in sequence(first: list, next: { $0.pointee.ifa_next }) {
            let flags = entry.pointee.ifa_flags
            guard flags & UInt32(IFF_UP) != 0,
                flags & UInt32(IFF_LOOPBACK) == 0,
                let address = entry.pointee.ifa_addr,
                !configuration.excludedInterfaces.contains(String(cString: entry.pointee.ifa_name)),
                let text = numeric(address, configuration), !found.contains(text)
            else { continue }
            found.append(text)
        }
        return found
    }

    private static func numeric(
        _ address: UnsafeMutablePointer<sockaddr>, _ configuration: ICEConfiguration
    ) -> String? {
        let length: Int
        switch CInt(address.pointee.sa_family) {
        case AF_INET where configuration.usesIPv4: length = MemoryLayout<sockaddr_in>.size
        case AF_INET6 where configuration.usesIPv6: length = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var text = [CChar](repeating: 0, count: 64)
        let code = getnameinfo(
            address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return nil }
        let host = String(
            decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        // Link-local addresses are the ones that carry a scope.
        return host.contains("%") || host.hasPrefix("169.254.") ? nil : host
    }
}
