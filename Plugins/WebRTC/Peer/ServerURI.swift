import ICE

/// `stun:host:port`, `turn:host:port?transport=tcp`, `turns:host` (RFC 7064, RFC 7065).
struct ServerURI {
    enum Scheme: String {
        case stun
        case turn
        case turns
    }

    let scheme: Scheme
    let host: String
    let port: UInt16
    let transport: ICEConfiguration.TurnServer.Transport

    /// - Returns: nil for what is none.
    init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased())
        else { return nil }
        self.scheme = scheme
        let rest = text[text.index(after: colon)...].split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        switch (scheme, rest.dropFirst().first) {
        case (.turns, nil), (.turns, "transport=tcp"): transport = .tls
        case (.turn, nil), (.turn, "transport=udp"), (.stun, nil): transport = .udp
        case (.turn, "transport=tcp"): transport = .tcp
        default: return nil
        }
        var place = rest[0]
        var port: UInt16 = scheme == .turns ? 5_349 : 3_478
        // An address of IPv6 stands in brackets.
        let tail = place.lastIndex(of: "]").map { place[place.index(after: $0)...] } ?? place
        if let colon = tail.lastIndex(of: ":") {
            guard let number = UInt16(tail[tail.index(after: colon)...]) else { return nil }
            port = number
            place = place[..<colon]
        }
        host = String(place.drop { $0 == "[" }.prefix { $0 != "]" })
        self.port = port
        if host.isEmpty { return nil }
    }
}
