import CSRTP

/// Why a packet was not protected or not believed, or a session not made.
public enum SRTPFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// It has been here before (RFC 3711, section 3.3.2).
    case replayed
    /// Further back than the replay window reaches: it can't be told whether it was here before.
    case tooOld
    /// The tag does not fit: damaged, forged, or of other keys.
    case forged
    /// Too short or inconsistent to be a packet.
    case malformed
    /// More sources under one key than ``SRTPOpener/sourceLimit``.
    case tooManySources
    /// The buffer has no room for the trailer.
    case noRoom
    /// As many packets went out as a key may protect.
    case keyExhausted
    /// A key and salt of another length than the profile has, or text that is no key.
    case key
    /// libsrtp refused for a reason of its own.
    case library(code: UInt32)

    init(_ status: srtp_err_status_t) {
        switch status {
        case srtp_err_status_replay_fail: self = .replayed
        case srtp_err_status_replay_old, srtp_err_status_pkt_idx_old: self = .tooOld
        case srtp_err_status_auth_fail, srtp_err_status_cipher_fail: self = .forged
        case srtp_err_status_bad_param, srtp_err_status_parse_err: self = .malformed
        case srtp_err_status_key_expired: self = .keyExhausted
        default: self = .library(code: UInt32(status.rawValue))
        }
    }

    public var description: String {
        switch self {
        case .replayed: "the packet was received before"
        case .tooOld: "the packet is older than the replay window"
        case .forged: "the packet's tag does not fit: it is damaged, or protected by another key"
        case .malformed: "the packet is too short or contradicts itself"
        case .tooManySources: "the peer has used more sources than one key is trusted with"
        case .noRoom: "the buffer has no room for the packet's tag"
        case .keyExhausted: "the key has protected as many packets as it may"
        case .key: "the key is not one of this profile: check its length and its base64"
        case .library(let code): "libsrtp failed with code \(code)"
        }
    }
}
