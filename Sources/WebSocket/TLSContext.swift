import COpenSSL

/// What a TLS endpoint trusts or shows. Made once, used by any number of streams. TLS 1.2 or later.
/// [one thread]
public final class TLSContext {
    let raw: OpaquePointer

    deinit { SSL_CTX_free(raw) }

    /// A client's: it verifies the peer, always.
    ///
    /// - Parameter certificateAuthorities: a PEM file that is trusted instead of the system's store.
    /// - Throws: when the file can't be read.
    public init(certificateAuthorities: String? = nil) throws(TLSFault) {
        raw = try Self.make(TLS_client_method())
        SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nil)
        if let file = certificateAuthorities {
            guard SSL_CTX_load_verify_locations(raw, file, nil) == 1 else {
                throw TLSFault(
                    .configuration,
                    "the file \(file) holds no certificate authority that can be read: "
                        + Self.lastReason())
            }
        } else {
            SSL_CTX_set_default_verify_paths(raw)
        }
    }

    /// A server's.
    ///
    /// - Parameters:
    ///   - certificate: a PEM file: the certificate, then its chain.
    ///   - key: a PEM file.
    ///   - maximumVersion: 0x0303 for TLS 1.2, lower to try what clients refuse; nil for the newest.
    public init(
        certificate: String, key: String, maximumVersion: CInt? = nil
    ) throws(TLSFault) {
        raw = try Self.make(TLS_server_method())
        if let maximumVersion {
            _ = parley_ssl_context_set_versions(raw, min(maximumVersion, 0x0303), maximumVersion)
            // Debian's default level forbids what is below TLS 1.2.
            if maximumVersion < 0x0303 { SSL_CTX_set_security_level(raw, 0) }
        }
        guard SSL_CTX_use_certificate_chain_file(raw, certificate) == 1,
            SSL_CTX_use_PrivateKey_file(raw, key, SSL_FILETYPE_PEM) == 1
        else {
            throw TLSFault(
                .configuration,
                "the certificate \(certificate) and its key \(key) can't be used: "
                    + Self.lastReason())
        }
    }

    private static func make(_ method: OpaquePointer?) throws(TLSFault) -> OpaquePointer {
        guard let method, let raw = SSL_CTX_new(method) else {
            throw TLSFault(.configuration, "OpenSSL can't be set up: \(lastReason())")
        }
        _ = parley_ssl_context_set_minimum_tls12(raw)
        return raw
    }

    /// The newest reason in OpenSSL's queue, which is empty afterwards.
    static func lastReason() -> String {
        var reason = "unknown reason"
        while case let code = ERR_get_error(), code != 0 {
            if let text = ERR_reason_error_string(code) { reason = String(cString: text) }
        }
        return reason
    }
}
