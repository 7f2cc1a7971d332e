import CSRTP

/// A context of libsrtp for one direction: wiped and freed when the value ends. [one thread]
struct SRTPSession: ~Copyable {
    enum Direction { case outbound, inbound }

    /// Packets back from the newest that are still told apart from replays: 20 s of them at 20 ms, so
    /// that no path reorders further.
    private static var window: UInt { 1_024 }

    /// Once for the process; libsrtp's ciphers are ready after it.
    private static let isReady: srtp_err_status_t = srtp_init()

    let profile: ProtectionProfile
    let raw: srtp_t

    deinit { srtp_dealloc(raw) }

    /// - Parameter keyAndSalt: the master key, then the salt; read only within the call.
    init(
        _ direction: Direction, _ profile: ProtectionProfile, keyAndSalt: UnsafeRawBufferPointer
    ) throws(SRTPFault) {
        guard keyAndSalt.count == profile.keyAndSaltBytes, let key = keyAndSalt.baseAddress else {
            throw .key
        }
        let ready = Self.isReady
        guard ready == srtp_err_status_ok else { throw SRTPFault(ready) }
        var policy = srtp_policy_t()
        var status = srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile.raw)
        guard status == srtp_err_status_ok else { throw SRTPFault(status) }
        status = srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile.raw)
        guard status == srtp_err_status_ok else { throw SRTPFault(status) }
        // One key for all sources of the direction.
        policy.ssrc.type = direction == .outbound ? ssrc_any_outbound : ssrc_any_inbound
        // libsrtp takes a mutable pointer and only reads from it.
        policy.key = UnsafeMutablePointer(
            mutating: key.assumingMemoryBound(to: UInt8.self))
        policy.window_size = Self.window
        var made: srtp_t?
        status = srtp_create(&made, &policy)
        guard status == srtp_err_status_ok, let made else { throw SRTPFault(status) }
        self.profile = profile
        raw = made
    }
}
