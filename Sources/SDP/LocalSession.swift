/// What we bring to an offer or an answer. Secrets (ICE password, SRTP keys) are made by the caller, by a
/// random source that is fit for them.
public struct LocalSession: Sendable, Hashable {
    public enum Transport: Sendable, Hashable {
        /// ICE, DTLS and SRTP, all in one bundle.
        case secure(LocalSecureTransport)
        /// RTP to an address, without ICE and DTLS.
        case plain(LocalPlainTransport)
    }

    /// A random number below 2^63 (RFC 9429, section 5.2.1).
    public var sessionID: UInt64
    public var transport: Transport
    public var audio: LocalAudio
    /// Only with a secure transport.
    public var dataChannel: LocalDataChannel?

    public init(
        sessionID: UInt64, transport: Transport, audio: LocalAudio,
        dataChannel: LocalDataChannel? = nil
    ) {
        self.sessionID = sessionID
        self.transport = transport
        self.audio = audio
        self.dataChannel = dataChannel
    }
}

public struct LocalSecureTransport: Sendable, Hashable {
    public var userNameFragment: String
    public var password: String
    public var fingerprints: [CertificateFingerprint]
    /// Those that are known by now.
    public var candidates: [Candidate]
    public var isGatheringComplete: Bool
    /// Whether more candidates may follow by signalling, either way.
    public var trickles: Bool
    /// The role for an offer that leaves the choice to us: active, as RFC 9429 advises, unless told.
    public var preferredRole: DTLSRole

    public init(
        userNameFragment: String, password: String, fingerprints: [CertificateFingerprint],
        candidates: [Candidate] = [], isGatheringComplete: Bool = false, trickles: Bool = true,
        preferredRole: DTLSRole = .client
    ) {
        self.userNameFragment = userNameFragment
        self.password = password
        self.fingerprints = fingerprints
        self.candidates = candidates
        self.isGatheringComplete = isGatheringComplete
        self.trickles = trickles
        self.preferredRole = preferredRole
    }
}

public struct LocalPlainTransport: Sendable, Hashable {
    /// Numeric, where RTP is received.
    public var address: String
    public var port: UInt16
    /// Where RTCP is received if the peer does not multiplex: by custom the port above.
    public var rtcpPort: UInt16?
    public var multiplexesRTCP: Bool
    /// With keys that we send with, in order of preference; empty for no encryption. An answer keeps the
    /// one whose suite is taken.
    public var cryptos: [CryptoAttribute]

    public init(
        address: String, port: UInt16, rtcpPort: UInt16? = nil, multiplexesRTCP: Bool = false,
        cryptos: [CryptoAttribute] = []
    ) {
        self.address = address
        self.port = port
        self.rtcpPort = rtcpPort
        self.multiplexesRTCP = multiplexesRTCP
        self.cryptos = cryptos
    }
}

public struct LocalAudio: Sendable, Hashable {
    public var ssrc: UInt32
    public var canonicalName: String
    /// In order of preference.
    public var codecs: [AudioCodec]
    /// How we want to receive Opus.
    public var opus: OpusParameters
    public var telephoneEvents: Bool
    public var direction: Direction
    /// Durations of packets that we can send, in milliseconds.
    public var packetTimesMs: [Int]
    /// The one that we send and want unless the peer asks for another.
    public var packetTimeMs: Int
    public var maximumPacketTimeMs: Int?
    /// Whether to take part in transport-wide congestion control.
    public var transportWideFeedback: Bool
    public var negativeAcknowledgement: Bool
    public var audioLevel: Bool

    public init(
        ssrc: UInt32, canonicalName: String, codecs: [AudioCodec] = [.opus, .pcmu, .pcma],
        opus: OpusParameters = OpusParameters(inBandFEC: true, minPacketTimeMs: 10),
        telephoneEvents: Bool = true, direction: Direction = .sendReceive,
        packetTimesMs: [Int] = [10, 20, 40, 60], packetTimeMs: Int = 20,
        maximumPacketTimeMs: Int? = nil, transportWideFeedback: Bool = true,
        negativeAcknowledgement: Bool = false, audioLevel: Bool = true
    ) {
        self.ssrc = ssrc
        self.canonicalName = canonicalName
        self.codecs = codecs
        self.opus = opus
        self.telephoneEvents = telephoneEvents
        self.direction = direction
        self.packetTimesMs = packetTimesMs
        self.packetTimeMs = packetTimeMs
        self.maximumPacketTimeMs = maximumPacketTimeMs
        self.transportWideFeedback = transportWideFeedback
        self.negativeAcknowledgement = negativeAcknowledgement
        self.audioLevel = audioLevel
    }
}

public struct LocalDataChannel: Sendable, Hashable {
    public var port: UInt16
    /// Of a message that we take, in bytes.
    public var maximumMessageSize: UInt64

    public init(port: UInt16 = 5_000, maximumMessageSize: UInt64 = 262_144) {
        self.port = port
        self.maximumMessageSize = maximumMessageSize
    }
}
