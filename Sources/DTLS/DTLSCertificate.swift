import COpenSSL

/// A certificate of our own and its key: self-signed ECDSA over P-256, good for 30 days, as WebRTC has
/// them (RFC 8827, section 6.5). It proves nothing by itself: the peer holds it against the fingerprint
/// that signalling brought. [one thread]
public final class DTLSCertificate {
    private static var validSeconds: Int { 30 * 86_400 }
    /// For a peer whose clock is behind.
    private static var earlierSeconds: Int { 86_400 }

    let certificate: OpaquePointer
    let key: OpaquePointer
    public let fingerprint: Fingerprint

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// Makes a new one; takes less than a millisecond.
    public init() throws(DTLSFault) {
        guard let key = parley_p256_key() else {
            throw DTLSFault(.configuration, "OpenSSL makes no P-256 key: \(DTLSContext.reason())")
        }
        guard let certificate = Self.sign(key),
            let fingerprint = Fingerprint(.sha256, of: certificate)
        else {
            EVP_PKEY_free(key)
            throw DTLSFault(
                .configuration, "OpenSSL makes no certificate: \(DTLSContext.reason())")
        }
        self.key = key
        self.certificate = certificate
        self.fingerprint = fingerprint
    }

    private static func sign(_ key: OpaquePointer) -> OpaquePointer? {
        guard let certificate = X509_new() else { return nil }
        // A name that tells nothing of the machine.
        var serial: Int64 = 0
        let name = X509_get_subject_name(certificate)
        let isMade =
            withUnsafeMutableBytes(of: &serial) {
                RAND_bytes($0.baseAddress?.assumingMemoryBound(to: UInt8.self), 8) == 1
            }
            && X509_set_version(certificate, 2) == 1
            && ASN1_INTEGER_set_int64(
                X509_get_serialNumber(certificate), serial & Int64.max) == 1
            && parley_x509_set_validity(certificate, -earlierSeconds, validSeconds) == 1
            && X509_set_pubkey(certificate, key) == 1
            && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, "WebRTC", -1, -1, 0) == 1
            && X509_set_issuer_name(certificate, name) == 1
            && X509_sign(certificate, key, EVP_sha256()) > 0
        if !isMade {
            X509_free(certificate)
            return nil
        }
        return certificate
    }
}
