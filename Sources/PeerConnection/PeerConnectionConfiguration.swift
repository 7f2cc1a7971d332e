import ICE
import SDP

/// What a ``PeerConnection`` brings to a call.
public struct PeerConnectionConfiguration: Sendable {
    /// Its role is set by the side of the connection.
    public var ice: ICEConfiguration
    public var audio: LocalAudio
    /// Nil for a call without data channels.
    public var dataChannel: LocalDataChannel?
    /// A PEM file that is trusted for TURN over TLS, instead of the system's store.
    public var relayAuthorities: String?
    /// Whether candidates may follow the description by signalling. Without, the peer is told to expect
    /// none: then wait for ``PeerConnection/onGatheringDone`` before you send a description.
    public var trickles: Bool
    /// In DTLS, when the peer leaves the choice to us.
    public var preferredRole: DTLSRole

    public init(
        audio: LocalAudio, dataChannel: LocalDataChannel? = LocalDataChannel(),
        ice: ICEConfiguration = ICEConfiguration(role: .controlling), trickles: Bool = true,
        preferredRole: DTLSRole = .client
    ) {
        self.audio = audio
        self.dataChannel = dataChannel
        self.ice = ice
        self.trickles = trickles
        self.preferredRole = preferredRole
    }
}
