import COpenSSL
import Glibc

/// One TLS connection between two byte queues: no socket, no clock. [one thread]
///
/// ```
/// socket ─► receive(_:) ─► SSL ─► read(into:) ─► HTTP, frames
/// socket ◄─ outgoing    ◄─ SSL ◄─ write(_:)   ◄─
/// ```
public final class TLSStream {
    private let ssl: OpaquePointer
    private let context: TLSContext
    /// Owned by `ssl`.
    private let input: OpaquePointer
    private let output: OpaquePointer
    private let isClient: Bool
    public private(set) var isEstablished = false

    /// - Parameter host: a client's peer: the name or address that its certificate must have; nil for
    ///   a server.
    public init(_ context: TLSContext, host: String?) throws(TLSFault) {
        self.context = context
        guard let ssl = SSL_new(context.raw), let input = BIO_new(BIO_s_mem()),
            let output = BIO_new(BIO_s_mem())
        else { throw TLSFault(.configuration, "OpenSSL has no memory for a connection") }
        self.ssl = ssl
        self.input = input
        self.output = output
        isClient = host != nil
        SSL_set_bio(ssl, input, output)
        guard let host else {
            SSL_set_accept_state(ssl)
            return
        }
        SSL_set_connect_state(ssl)
        let isAddress = Self.isAddress(host)
        if !isAddress { _ = parley_ssl_set_host_name(ssl, host) }
        let parameters = SSL_get0_param(ssl)
        let isSet =
            isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host)
            : X509_VERIFY_PARAM_set1_host(parameters, host, 0)
        guard isSet == 1 else {
            throw TLSFault(.configuration, "'\(host)' can't be the name in a certificate")
        }
    }

    deinit { SSL_free(ssl) }

    private static func isAddress(_ host: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
    }

    // MARK: Ciphertext

    /// Bytes of the peer.
    public func receive(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count > 0 { BIO_write(input, bytes.baseAddress, CInt(clamping: bytes.count)) }
    }

    /// Moves what is to be sent to the end of `queue`.
    public func drain(into queue: inout ByteQueue) {
        while case let waiting = Int(BIO_ctrl_pending(output)), waiting > 0 {
            let room = queue.reserve(waiting)
            let count = BIO_read(output, room, CInt(clamping: waiting))
            guard count > 0 else { return }
            queue.commit(Int(count))
        }
    }

    // MARK: Plaintext

    /// Goes on with the handshake; ``isEstablished`` tells when it is done. To be called at first, and
    /// after ``receive(_:)`` until then.
    public func handshake() throws(TLSFault) {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            isEstablished = true
            return
        }
        let code = SSL_get_error(ssl, result)
        if code != SSL_ERROR_WANT_READ && code != SSL_ERROR_WANT_WRITE { throw fault() }
    }

    public enum Read: Hashable {
        case bytes(Int)
        case nothing
        /// The peer has ended its side in due form.
        case end
    }

    /// Decrypted bytes, at most `room`.
    public func read(
        into target: UnsafeMutableRawPointer, room: Int
    ) throws(TLSFault) -> Read {
        ERR_clear_error()
        let count = SSL_read(ssl, target, CInt(clamping: room))
        if count > 0 { return .bytes(Int(count)) }
        switch SSL_get_error(ssl, count) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .nothing
        case SSL_ERROR_ZERO_RETURN: return .end
        default: throw fault()
        }
    }

    /// Encrypts `bytes`; ``drain(into:)`` has them. Only once established.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(TLSFault) {
        guard bytes.count > 0 else { return }
        ERR_clear_error()
        // A memory BIO takes everything.
        guard SSL_write(ssl, bytes.baseAddress, CInt(clamping: bytes.count)) == bytes.count else {
            throw fault()
        }
    }

    /// Tells the peer that nothing more comes.
    public func shutDown() {
        if isEstablished { _ = SSL_shutdown(ssl) }
    }

    // MARK: Faults

    private func fault() -> TLSFault {
        let result = SSL_get_verify_result(ssl)
        if isClient, result != CLong(X509_V_OK) {
            let text = String(cString: X509_verify_cert_error_string(result))
            return TLSFault(
                Self.kind(of: CInt(result)), "the server's certificate is refused: \(text)")
        }
        let code = ERR_peek_error()
        let reason = TLSContext.lastReason()
        let number = CInt(truncatingIfNeeded: code & 0x7F_FFFF)
        let isVersion = [
            SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
            SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_WRONG_SSL_VERSION, SSL_R_VERSION_TOO_LOW,
            SSL_R_NO_SHARED_CIPHER,
        ].contains(number)
        return TLSFault(
            isVersion ? .version : .handshake,
            isVersion
                ? "the server offers no version of TLS that is safe (\(reason)); 1.2 is the least"
                : "TLS failed: \(reason)")
    }

    private static func kind(of code: CInt) -> TLSFault.Kind {
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH: .wrongHost
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            .selfSigned
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            .unknownIssuer
        default: .certificate
        }
    }
}
