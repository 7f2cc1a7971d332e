/// An `m=` line and what belongs to it.
public struct MediaSection: Sendable, Hashable, AttributeHolder {
    /// `audio`, `video`, `application` …
    public var kind: String
    /// 0 when the section is rejected, or says ``isBundleOnly``.
    public var port: UInt16
    /// `UDP/TLS/RTP/SAVPF`, `RTP/AVP`, `UDP/DTLS/SCTP` …
    public var protocolName: String
    /// Payload types for RTP, `webrtc-datachannel` for SCTP.
    public var formats: [String]
    public var connection: ConnectionAddress?
    public var attributes: [Attribute]

    public init(
        kind: String, port: UInt16, protocolName: String, formats: [String],
        connection: ConnectionAddress? = nil, attributes: [Attribute] = []
    ) {
        self.kind = kind
        self.port = port
        self.protocolName = protocolName
        self.formats = formats
        self.connection = connection
        self.attributes = attributes
    }

    public static var audio: String { "audio" }
    public static var application: String { "application" }

    /// Reads what follows `m=`.
    init(parsing text: Substring) throws(DescriptionFault) {
        let fields = text.fields
        guard fields.count >= 4 else {
            throw DescriptionFault(
                "has m=\(text.quoted); a section has a kind, a port, a protocol and formats")
        }
        // `9/2` is two ports in a row, which nobody uses since RTP and RTCP share one.
        let (port, count) = fields[1].cut(at: UInt8(ascii: "/"))
        guard let port = port.number(UInt16.self), count.map({ $0.number(Int.self) != nil }) ?? true
        else {
            throw DescriptionFault("has the port \(fields[1].quoted), which is not 0 to 65535")
        }
        self.init(
            kind: String(fields[0]), port: port, protocolName: String(fields[2]),
            formats: fields[3...].map(String.init))
    }

    /// What follows `m=`.
    var text: String { "\(kind) \(port) \(protocolName) \(formats.joined(separator: " "))" }

    public var isBundleOnly: Bool { attributes.contains(.bundleOnly) }
    public var isRejected: Bool { port == 0 && !isBundleOnly }
    public var multiplexesRTCP: Bool { attributes.contains(.rtcpMux) }
    public var allowsReducedSizeRTCP: Bool { attributes.contains(.rtcpReducedSize) }

    public var mid: String? {
        for case .mid(let mid) in attributes { return mid }
        return nil
    }

    /// In milliseconds.
    public var packetTime: Int? {
        for case .packetTime(let milliseconds) in attributes { return milliseconds }
        return nil
    }

    public var maximumPacketTime: Int? {
        for case .maximumPacketTime(let milliseconds) in attributes { return milliseconds }
        return nil
    }

    /// The parameters of a payload type; empty when there are none.
    public func formatParameters(_ payloadType: UInt8) -> String {
        for case .formatParameters(let format, let text) in attributes
        where format == "\(payloadType)" { return text }
        return ""
    }

    /// Whether RTCP feedback of this kind is asked for, for this payload type.
    public func wantsFeedback(_ kind: String, for payloadType: UInt8) -> Bool {
        attributes.contains(.feedback(payloadType: payloadType, kind: kind))
            || attributes.contains(.feedback(payloadType: nil, kind: kind))
    }

    /// What the payload types are, in order of preference: by `rtpmap`, or by RFC 3551 for those that need
    /// none.
    public var rtpMaps: [RTPMap] {
        formats.compactMap { format in
            guard let type = format[...].number(UInt8.self) else { return nil }
            for case .rtpMap(let map) in attributes where map.payloadType == type { return map }
            return RTPMap.fixed(type)
        }
    }

    /// The sources and their canonical names.
    public var sources: [(ssrc: UInt32, canonicalName: String)] {
        attributes.compactMap {
            if case .source(let ssrc, "cname", let name?) = $0 { (ssrc, name) } else { nil }
        }
    }

    public var cryptos: [CryptoAttribute] {
        attributes.compactMap { if case .crypto(let value) = $0 { value } else { nil } }
    }
}

extension RTPMap {
    /// RFC 3551, table 4: those that we speak.
    static func fixed(_ payloadType: UInt8) -> RTPMap? {
        switch payloadType {
        case 0: RTPMap(payloadType: 0, encoding: "PCMU", clockRate: 8_000)
        case 8: RTPMap(payloadType: 8, encoding: "PCMA", clockRate: 8_000)
        case 10: RTPMap(payloadType: 10, encoding: "L16", clockRate: 44_100, channels: 2)
        case 11: RTPMap(payloadType: 11, encoding: "L16", clockRate: 44_100)
        default: nil
        }
    }
}
