/// RFC 8841, and the draft before it that older peers speak (`DTLS/SCTP 5000` with `sctpmap`).
extension MediaSection {
    /// Nil for a section that is no data channel.
    var dataChannelPort: UInt16? {
        for case .sctpPort(let port) in attributes { return port == 0 ? nil : port }
        guard let first = formats.first?[...].number(UInt16.self), first > 0,
            let map = other("sctpmap")?[...].fields, map.count >= 2, map[0].number() == first,
            map[1] == "webrtc-datachannel"
        else { return nil }
        return first
    }

    /// 64 KiB unless said (RFC 8841, section 6.1).
    var maximumMessageSize: UInt64 {
        for case .maximumMessageSize(let bytes) in attributes { return bytes }
        return 65_536
    }
}
