/// Why a DTLS association did not come about, or ended.
public struct DTLSFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// OpenSSL can't be set up: no memory, no such curve.
        case configuration
        /// The peer's certificate is not the one that its description named.
        case fingerprint
        /// The peer agreed to none of the SRTP profiles.
        case profile
        /// Versions or ciphers do not meet, an alert came, or what came is no handshake.
        case handshake
        /// The peer ended it with an alert.
        case alert
    }

    public let kind: Kind
    /// A sentence.
    public let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
