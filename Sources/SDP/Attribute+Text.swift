extension Attribute {
    /// What follows `a=`. Has keys and passwords where the attribute has.
    var text: String {
        switch self {
        case .rtpMap(let map): "rtpmap:\(map.text)"
        case .formatParameters(let format, let text): "fmtp:\(format) \(text)"
        case .packetTime(let milliseconds): "ptime:\(milliseconds)"
        case .maximumPacketTime(let milliseconds): "maxptime:\(milliseconds)"
        case .direction(let direction): direction.rawValue
        case .iceUserNameFragment(let text): "ice-ufrag:\(text)"
        case .icePassword(let text): "ice-pwd:\(text)"
        case .iceOptions(let options): "ice-options:\(options.joined(separator: " "))"
        case .iceLite: "ice-lite"
        case .candidate(let candidate): candidate.description
        case .endOfCandidates: "end-of-candidates"
        case .fingerprint(let fingerprint): "fingerprint:\(fingerprint)"
        case .setup(let role): "setup:\(role.rawValue)"
        case .mid(let mid): "mid:\(mid)"
        case .group(let semantics, let mids):
            "group:\(([semantics] + mids).joined(separator: " "))"
        case .bundleOnly: "bundle-only"
        case .rtcpMux: "rtcp-mux"
        case .rtcpReducedSize: "rtcp-rsize"
        case .rtcp(let port, let address):
            "rtcp:\(port)" + (address.map { " \($0.text)" } ?? "")
        case .headerExtension(let header): "extmap:\(header.text)"
        case .feedback(let type, let kind): "rtcp-fb:\(type.map { "\($0)" } ?? "*") \(kind)"
        case .source(let ssrc, let name, let value):
            "ssrc:\(ssrc) \(name)" + (value.map { ":\($0)" } ?? "")
        case .mediaStream(let stream, let track):
            "msid:\(stream)" + (track.map { " \($0)" } ?? "")
        case .sctpPort(let port): "sctp-port:\(port)"
        case .maximumMessageSize(let bytes): "max-message-size:\(bytes)"
        case .crypto(let crypto): "crypto:\(crypto.text)"
        case .other(let name, let value): name + (value.map { ":\($0)" } ?? "")
        }
    }
}
