import CSRTP

/// How packets are encrypted and authenticated. The raw values are those of DTLS (RFC 5764, section
/// 4.1.2; RFC 7714, section 14.2), the names those of SDES (RFC 4568, section 6.2; RFC 7714, section
/// 14.1).
public enum ProtectionProfile: UInt, Sendable, CaseIterable {
    case aes128CMSHA180 = 0x0001
    case aes128CMSHA132 = 0x0002
    case aeadAES128GCM = 0x0007
    case aeadAES256GCM = 0x0008

    /// The profile of a `crypto` attribute; the case of letters counts.
    public init?(sdesName: String) {
        guard let found = Self.allCases.first(where: { $0.sdesName == sdesName }) else {
            return nil
        }
        self = found
    }

    public var sdesName: String {
        switch self {
        case .aes128CMSHA180: "AES_CM_128_HMAC_SHA1_80"
        case .aes128CMSHA132: "AES_CM_128_HMAC_SHA1_32"
        case .aeadAES128GCM: "AEAD_AES_128_GCM"
        case .aeadAES256GCM: "AEAD_AES_256_GCM"
        }
    }

    /// Bytes of a master key and its salt, together.
    public var keyAndSaltBytes: Int {
        switch self {
        case .aes128CMSHA180, .aes128CMSHA132: 16 + 14
        case .aeadAES128GCM: 16 + 12
        case .aeadAES256GCM: 32 + 12
        }
    }

    /// Bytes that a packet of RTP gains: its tag.
    public var rtpTrailerBytes: Int {
        switch self {
        case .aes128CMSHA180: 10
        case .aes128CMSHA132: 4
        case .aeadAES128GCM, .aeadAES256GCM: 16
        }
    }

    /// Bytes that a packet of RTCP gains: its tag, never the short one, and an index of 32 bits.
    public var rtcpTrailerBytes: Int {
        switch self {
        case .aes128CMSHA180, .aes128CMSHA132: 10 + 4
        case .aeadAES128GCM, .aeadAES256GCM: 16 + 4
        }
    }

    var raw: srtp_profile_t { srtp_profile_t(UInt32(rawValue)) }
}
