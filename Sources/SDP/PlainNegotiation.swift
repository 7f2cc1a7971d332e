/// Reads and writes the addresses and keys of RTP without ICE.
enum PlainNegotiation {
    static func isProtocol(_ name: String) -> Bool {
        ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"].contains(name)
    }

    static func protocolName(_ local: LocalPlainTransport) -> String {
        local.cryptos.isEmpty ? "RTP/AVP" : "RTP/SAVP"
    }

    static func read(
        _ remote: SessionDescription, section: MediaSection, local: LocalPlainTransport,
        isAnswer: Bool
    ) throws(NegotiationFault) -> NegotiatedPlainTransport {
        guard let connection = section.connection ?? remote.connection else {
            throw NegotiationFault(
                .unusableTransport, "The peer's description has no address (no c= line).")
        }
        let multiplexes = section.multiplexesRTCP && local.multiplexesRTCP
        var rtcpPort = section.port == .max ? section.port : section.port + 1
        for case .rtcp(let port, _) in section.attributes where port > 0 { rtcpPort = port }
        return NegotiatedPlainTransport(
            // A TTL behind a slash is multicast's.
            remoteAddress: String(connection.address.prefix { $0 != "/" }),
            remotePort: section.port,
            remoteRTCPPort: multiplexes ? section.port : rtcpPort,
            multiplexesRTCP: multiplexes,
            keys: try keys(section, local, isAnswer: isAnswer))
    }

    private static func keys(
        _ section: MediaSection, _ local: LocalPlainTransport, isAnswer: Bool
    ) throws(NegotiationFault) -> NegotiatedPlainTransport.Keys? {
        let isEncrypted = section.protocolName.contains("SAVP") || !section.cryptos.isEmpty
        guard !local.cryptos.isEmpty else {
            guard isEncrypted else { return nil }
            throw NegotiationFault(
                .insecure, "The peer wants SRTP with keys in the description; none is configured.")
        }
        guard isEncrypted else {
            throw NegotiationFault(
                .insecure, "The peer wants RTP without encryption; SRTP is configured.")
        }
        for ours in local.cryptos {
            for theirs in section.cryptos where theirs.suite == ours.suite {
                if isAnswer {
                    guard theirs.tag == ours.tag else { continue }
                    return .init(sending: ours, receiving: theirs)
                }
                var sending = ours
                sending.tag = theirs.tag
                return .init(sending: sending, receiving: theirs)
            }
        }
        let names = local.cryptos.map(\.suite.rawValue).joined(separator: ", ")
        throw NegotiationFault(
            .insecure, "The peer has no SRTP key (a=crypto) of a kind that we take: \(names).")
    }

    static func attributes(
        _ local: LocalPlainTransport, cryptos: [CryptoAttribute], multiplexesRTCP: Bool
    ) -> [Attribute] {
        var attributes = cryptos.map(Attribute.crypto)
        if multiplexesRTCP { attributes.append(.rtcpMux) }
        if let port = local.rtcpPort, Int(port) != Int(local.port) + 1 {
            attributes.append(.rtcp(port: port, address: nil))
        }
        return attributes
    }
}
