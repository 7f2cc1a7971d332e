/// What an offer and its answer agreed on, seen from our side.
public struct NegotiatedSession: Sendable, Hashable {
    public enum Transport: Sendable, Hashable {
        case secure(NegotiatedSecureTransport)
        case plain(NegotiatedPlainTransport)
    }

    public var transport: Transport
    public var audio: NegotiatedAudio
    /// Nil when one of the two wants none.
    public var dataChannel: NegotiatedDataChannel?
}

public enum DTLSRole: Sendable, Hashable {
    /// Begins the handshake (`setup:active`).
    case client
    case server
}

/// The one transport of the bundle.
public struct NegotiatedSecureTransport: Sendable, Hashable {
    public var remoteUserNameFragment: String
    public var remotePassword: String
    public var remoteIsLite: Bool
    /// Whether the peer takes candidates after the description.
    public var remoteTrickles: Bool
    public var remoteCandidates: [Candidate]
    /// Whether no more candidates follow: said, or because the peer does not trickle.
    public var remoteCandidatesEnd: Bool
    /// At least one of ``CertificateFingerprint/isStrong``; the certificate must have all of those that
    /// can be checked.
    public var remoteFingerprints: [CertificateFingerprint]
    /// Ours.
    public var role: DTLSRole
    /// Of the section that carries the transport: where candidates of trickle belong. Nil when the peer
    /// uses no mids; the section's number is 0-based.
    public var mid: String?
    public var sectionIndex: Int
}

public struct NegotiatedPlainTransport: Sendable, Hashable {
    public struct Keys: Sendable, Hashable {
        public var sending: CryptoAttribute
        public var receiving: CryptoAttribute
    }

    /// Numeric or a name.
    public var remoteAddress: String
    public var remotePort: UInt16
    /// The same as ``remotePort`` when RTCP is multiplexed.
    public var remoteRTCPPort: UInt16
    public var multiplexesRTCP: Bool
    /// Nil for RTP without encryption.
    public var keys: Keys?
}

public struct NegotiatedCodec: Sendable, Hashable {
    public var codec: AudioCodec
    public var sendPayloadType: UInt8
    public var receivePayloadType: UInt8
    /// How the peer wants to receive; nil unless the codec is Opus.
    public var remoteOpus: OpusParameters?
}

public struct NegotiatedTelephoneEvent: Sendable, Hashable {
    public var clockRate: UInt32
    public var sendPayloadType: UInt8
    public var receivePayloadType: UInt8
    /// What the peer takes.
    public var remoteEvents: TelephoneEventParameters
}

public struct NegotiatedAudio: Sendable, Hashable {
    public var mid: String?
    /// Not empty. The first is the one to send; any of them may come.
    public var codecs: [NegotiatedCodec]
    public var telephoneEvents: [NegotiatedTelephoneEvent]
    /// Ours.
    public var direction: Direction
    /// To send with, in milliseconds.
    public var packetTimeMs: Int
    /// Of the peer, as far as told; it may use another.
    public var remoteSSRC: UInt32?
    public var remoteCanonicalName: String?
    /// Ids of RTP header extensions, the same both ways; nil when not agreed on.
    public var audioLevelID: UInt8?
    public var midID: UInt8?
    public var transportSequenceNumberID: UInt8?
    /// Whether `transport-cc` feedback is agreed on.
    public var transportWideFeedback: Bool
    public var negativeAcknowledgement: Bool
    public var reducedSizeRTCP: Bool

    /// The events to use beside what is sent: of the same clock, else whatever there is.
    public var telephoneEvent: NegotiatedTelephoneEvent? {
        telephoneEvents.first { $0.clockRate == codecs.first?.codec.clockRate }
            ?? telephoneEvents.first
    }
}

public struct NegotiatedDataChannel: Sendable, Hashable {
    public var mid: String?
    public var localPort: UInt16
    public var remotePort: UInt16
    /// In bytes that the peer takes in one message; 0 for any size.
    public var remoteMaximumMessageSize: UInt64
}

/// Why two descriptions lead to no call.
public struct NegotiationFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// The peer has, or took, no audio that we can use.
        case noAudio
        case noCommonCodec
        /// Encryption is missing, or of a kind that we don't take.
        case insecure
        /// ICE credentials, `rtcp-mux`, ports or roles are missing or contradict each other.
        case unusableTransport
        /// An answer that does not fit its offer.
        case mismatch
        /// There is no offer to answer, or it has been answered.
        case noOffer
    }

    public let kind: Kind
    /// A sentence.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
