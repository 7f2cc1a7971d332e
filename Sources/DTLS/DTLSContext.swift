import COpenSSL

/// What all associations of a process share: our certificate, versions, ciphers and SRTP profiles.
/// DTLS 1.2 alone, with forward secrecy and authenticated encryption (RFC 8827, section 6.5).
/// [one thread]
public final class DTLSContext {
    let raw: OpaquePointer
    public let certificate: DTLSCertificate

    deinit { SSL_CTX_free(raw) }

    /// - Parameter profiles: of SRTP, best first.
    public init(
        _ certificate: DTLSCertificate, profiles: [SRTPProfile] = SRTPProfile.allCases
    ) throws(DTLSFault) {
        guard let raw = SSL_CTX_new(DTLS_method()) else {
            throw DTLSFault(.configuration, "OpenSSL can't be set up for DTLS: \(Self.reason())")
        }
        self.raw = raw
        self.certificate = certificate
        let names = profiles.map(\.name).joined(separator: ":")
        // Any certificate: what counts is its fingerprint, which the association looks at.
        SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
        guard parley_ssl_context_set_versions(raw, DTLS1_2_VERSION, DTLS1_2_VERSION) == 1,
            SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1,
            // Answers 0 for success, unlike its neighbours.
            SSL_CTX_set_tlsext_use_srtp(raw, names) == 0,
            SSL_CTX_use_certificate(raw, certificate.certificate) == 1,
            SSL_CTX_use_PrivateKey(raw, certificate.key) == 1
        else {
            let reason = Self.reason()
            // The object is whole, so its deinit frees the context.
            throw DTLSFault(.configuration, "OpenSSL can't be set up for DTLS: \(reason)")
        }
        parley_dtls_allow_one_handshake(raw)
    }

    /// The newest reason in OpenSSL's queue, which is empty afterwards.
    static func reason() -> String {
        var reason = "unknown reason"
        while case let code = ERR_get_error(), code != 0 {
            if let text = ERR_reason_error_string(code) { reason = String(cString: text) }
        }
        return reason
    }
}

/// Overwrites memory in a way that no compiler takes out.
func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    OPENSSL_cleanse(bytes.baseAddress, bytes.count)
}
