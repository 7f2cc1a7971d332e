/// What is wrong with a TLS connection.
public struct TLSFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        case expired
        case notYetValid
        case wrongHost
        case selfSigned
        case unknownIssuer
        /// Another fault of the certificate.
        case certificate
        /// The peer offers only versions or ciphers that are not safe.
        case version
        /// Anything else, such as a peer that does not speak TLS.
        case handshake
        /// A file of ours: no such certificate, no such key.
        case configuration
    }

    public let kind: Kind
    /// A sentence.
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
