extension Attribute {
    /// Reads what follows `a=`.
    ///
    /// - Throws: the reason, for an attribute without which nothing can be set up. Others that are
    ///   malformed become ``other(name:value:)``: peers are not turned away for what nobody needs.
    init(parsing text: Substring) throws(DescriptionFault) {
        let (name, value) = text.cut(at: UInt8(ascii: ":"))
        if let value {
            let known = try Self.essential(name, value.trimmed) ?? Self.optional(name, value)
            if let known {
                self = known
                return
            }
        } else if let flag = Self.flag(name.trimmed) {
            self = flag
            return
        }
        self = .other(name: String(name), value: value.map(String.init))
    }

    private static func flag(_ name: Substring) -> Attribute? {
        if let direction = Direction(rawValue: String(name)) { return .direction(direction) }
        switch name {
        case "ice-lite": return .iceLite
        case "end-of-candidates": return .endOfCandidates
        case "rtcp-mux": return .rtcpMux
        case "rtcp-rsize": return .rtcpReducedSize
        case "bundle-only": return .bundleOnly
        default: return nil
        }
    }

    // MARK: What must be right

    private static func essential(
        _ name: Substring, _ value: Substring
    ) throws(DescriptionFault) -> Attribute? {
        let attribute: Attribute?
        let wanted: String
        switch name {
        case "rtpmap":
            attribute = RTPMap(value).map(Attribute.rtpMap)
            wanted = "a payload type below 128 and a codec, as '111 opus/48000/2'"
        case "ice-ufrag":
            let isGood = (4...256).contains(value.utf8.count) && String(value).isICEText
            attribute = isGood ? .iceUserNameFragment(String(value)) : nil
            wanted = "4 to 256 letters, digits, + and /"
        case "ice-pwd":
            let isGood = (22...256).contains(value.utf8.count) && String(value).isICEText
            // The text is a secret, so it is not shown.
            guard isGood else {
                throw DescriptionFault(
                    "has an ice-pwd that is not 22 to 256 letters, digits, + and /")
            }
            return .icePassword(String(value))
        case "fingerprint":
            attribute = CertificateFingerprint(String(value)).map(Attribute.fingerprint)
            wanted = "a hash as 'sha-256 AB:CD:…', of the length that it has"
        case "setup":
            attribute = SetupRole(rawValue: value.lowercased()).map(Attribute.setup)
            wanted = "actpass, active or passive"
        case "mid":
            attribute = String(value).isToken ? .mid(String(value)) : nil
            wanted = "a token"
        case "sctp-port":
            attribute = value.number(UInt16.self).map(Attribute.sctpPort)
            wanted = "0 to 65535"
        case "max-message-size":
            attribute = value.number(UInt64.self).map(Attribute.maximumMessageSize)
            wanted = "a count of bytes"
        default: return nil
        }
        guard let attribute else {
            throw DescriptionFault("has \(name):\(value.quoted), which is not \(wanted)")
        }
        return attribute
    }

    // MARK: What may be wrong

    private static func optional(_ name: Substring, _ value: Substring) -> Attribute? {
        switch name {
        case "fmtp":
            let (format, text) = value.cut(at: UInt8(ascii: " "))
            guard let text, !format.isEmpty else { return nil }
            return .formatParameters(format: String(format), text: String(text.trimmed))
        case "ptime": return milliseconds(value).map(Attribute.packetTime)
        case "maxptime": return milliseconds(value).map(Attribute.maximumPacketTime)
        case "ice-options": return .iceOptions(value.fields.map(String.init))
        case "candidate": return Candidate(String(value)).map(Attribute.candidate)
        case "group":
            let fields = value.fields.map(String.init)
            guard let semantics = fields.first else { return nil }
            return .group(semantics: semantics, mids: Array(fields.dropFirst()))
        case "rtcp":
            let fields = value.fields
            guard let port = fields.first?.number(UInt16.self) else { return nil }
            if fields.count == 1 { return .rtcp(port: port, address: nil) }
            return ConnectionAddress(Array(fields.dropFirst())).map {
                .rtcp(port: port, address: $0)
            }
        case "extmap": return HeaderExtension(value).map(Attribute.headerExtension)
        case "rtcp-fb": return feedback(value)
        case "ssrc": return source(value)
        case "msid":
            let fields = value.fields.map(String.init)
            guard (1...2).contains(fields.count) else { return nil }
            return .mediaStream(stream: fields[0], track: fields.count > 1 ? fields[1] : nil)
        case "crypto": return CryptoAttribute(value).map(Attribute.crypto)
        default: return nil
        }
    }

    private static func milliseconds(_ value: Substring) -> Int? {
        value.trimmed.number(Int.self).flatMap { (1...1_000).contains($0) ? $0 : nil }
    }

    private static func feedback(_ value: Substring) -> Attribute? {
        let fields = value.fields
        guard fields.count >= 2 else { return nil }
        let kind = fields[1...].joined(separator: " ")
        if fields[0] == "*" { return .feedback(payloadType: nil, kind: kind) }
        guard let type = fields[0].number(UInt8.self), type < 128 else { return nil }
        return .feedback(payloadType: type, kind: kind)
    }

    private static func source(_ value: Substring) -> Attribute? {
        let (number, rest) = value.cut(at: UInt8(ascii: " "))
        guard let ssrc = number.number(UInt32.self), let rest = rest?.trimmed, !rest.isEmpty else {
            return nil
        }
        let (name, text) = rest.cut(at: UInt8(ascii: ":"))
        return .source(ssrc: ssrc, name: String(name), value: text.map(String.init))
    }
}
