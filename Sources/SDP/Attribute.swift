/// An `a=` line. What is not known keeps its words in ``other(name:value:)``.
public enum Attribute: Sendable, Hashable {
    case rtpMap(RTPMap)
    /// `fmtp`: of this format (a payload type), these parameters.
    case formatParameters(format: String, text: String)
    /// In milliseconds.
    case packetTime(Int)
    case maximumPacketTime(Int)
    case direction(Direction)
    case iceUserNameFragment(String)
    case icePassword(String)
    case iceOptions([String])
    case iceLite
    case candidate(Candidate)
    case endOfCandidates
    case fingerprint(CertificateFingerprint)
    case setup(SetupRole)
    case mid(String)
    case group(semantics: String, mids: [String])
    case bundleOnly
    case rtcpMux
    case rtcpReducedSize
    /// Where RTCP goes without multiplexing (RFC 3605).
    case rtcp(port: UInt16, address: ConnectionAddress?)
    case headerExtension(HeaderExtension)
    /// `rtcp-fb` of a payload type, or of all when it is nil: `transport-cc`, `nack`, `nack pli`.
    case feedback(payloadType: UInt8?, kind: String)
    /// `ssrc`: `cname` and its value, for one.
    case source(ssrc: UInt32, name: String, value: String?)
    case mediaStream(stream: String, track: String?)
    case sctpPort(UInt16)
    /// In bytes; 0 for any size (RFC 8841, section 6).
    case maximumMessageSize(UInt64)
    case crypto(CryptoAttribute)
    case other(name: String, value: String?)
}

/// `a=rtpmap` (RFC 8866, section 6.6).
public struct RTPMap: Sendable, Hashable {
    public var payloadType: UInt8
    /// As written; compared without regard to case.
    public var encoding: String
    public var clockRate: UInt32
    public var channels: UInt8

    public init(payloadType: UInt8, encoding: String, clockRate: UInt32, channels: UInt8 = 1) {
        self.payloadType = payloadType
        self.encoding = encoding
        self.clockRate = clockRate
        self.channels = channels
    }

    init?(_ text: Substring) {
        let fields = text.fields
        guard fields.count == 2, let type = fields[0].number(UInt8.self), type < 128 else {
            return nil
        }
        let parts = fields[1].utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false
        ).map(Substring.init)
        guard (2...3).contains(parts.count), String(parts[0]).isToken,
            let rate = parts[1].number(UInt32.self), rate > 0
        else { return nil }
        var channels: UInt8 = 1
        if parts.count == 3 {
            guard let count = parts[2].number(UInt8.self), count > 0 else { return nil }
            channels = count
        }
        self.init(
            payloadType: type, encoding: String(parts[0]), clockRate: rate, channels: channels)
    }

    var text: String {
        "\(payloadType) \(encoding)/\(clockRate)" + (channels == 1 ? "" : "/\(channels)")
    }
}

/// `a=extmap` (RFC 8285, section 5).
public struct HeaderExtension: Sendable, Hashable {
    public var id: UInt16
    public var direction: Direction?
    public var uri: String
    public var parameters: String?

    public init(
        id: UInt16, direction: Direction? = nil, uri: String, parameters: String? = nil
    ) {
        self.id = id
        self.direction = direction
        self.uri = uri
        self.parameters = parameters
    }

    public static var audioLevel: String { "urn:ietf:params:rtp-hdrext:ssrc-audio-level" }
    public static var mid: String { "urn:ietf:params:rtp-hdrext:sdes:mid" }
    public static var transportSequenceNumber: String {
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
    }

    init?(_ text: Substring) {
        let fields = text.fields
        guard fields.count >= 2 else { return nil }
        let (number, direction) = fields[0].cut(at: UInt8(ascii: "/"))
        guard let id = number.number(UInt16.self), id > 0 else { return nil }
        if let direction {
            guard let known = Direction(rawValue: String(direction)) else { return nil }
            self.direction = known
        }
        self.id = id
        uri = String(fields[1])
        parameters = fields.count > 2 ? fields[2...].joined(separator: " ") : nil
    }

    var text: String {
        var text = "\(id)"
        if let direction { text += "/\(direction.rawValue)" }
        text += " \(uri)"
        if let parameters { text += " \(parameters)" }
        return text
    }
}
