/// Protection profiles of SRTP that DTLS can agree on, best first (RFC 7714, section 14.2; RFC 5764,
/// section 4.1.2).
public enum SRTPProfile: UInt, Sendable, CaseIterable {
    case aeadAES128GCM = 0x0007
    case aeadAES256GCM = 0x0008
    case aes128CMSHA180 = 0x0001

    /// As OpenSSL spells it.
    var name: String {
        switch self {
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aeadAES256GCM: "SRTP_AEAD_AES_256_GCM"
        case .aes128CMSHA180: "SRTP_AES128_CM_SHA1_80"
        }
    }

    /// Bytes of the master key.
    public var keyBytes: Int { self == .aeadAES256GCM ? 32 : 16 }
    /// Bytes of the master salt.
    public var saltBytes: Int { self == .aes128CMSHA180 ? 14 : 12 }
}

/// What a handshake gives SRTP: a master key and salt for each direction (RFC 5764, section 4.2). The
/// memory is wiped when the value ends.
public struct SRTPKeyingMaterial: ~Copyable {
    public let profile: SRTPProfile
    private let isClient: Bool
    private let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter fill: writes the exported bytes: client key, server key, client salt, server salt.
    init?(
        _ profile: SRTPProfile, isClient: Bool, fill: (UnsafeMutableRawBufferPointer) -> Bool
    ) {
        let count = 2 * (profile.keyBytes + profile.saltBytes)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        guard fill(room) else {
            room.deallocate()
            return nil
        }
        self.profile = profile
        self.isClient = isClient
        bytes = room
    }

    deinit {
        wipe(bytes)
        bytes.deallocate()
    }

    /// Key, then salt, of what we send; valid within the call.
    public func withSendingKey<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withKey(ofClient: isClient, body)
    }

    /// Key, then salt, of what the peer sends; valid within the call.
    public func withReceivingKey<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withKey(ofClient: !isClient, body)
    }

    private func withKey<Result>(
        ofClient: Bool, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let (key, salt) = (profile.keyBytes, profile.saltBytes)
        let joined = UnsafeMutableRawBufferPointer.allocate(byteCount: key + salt, alignment: 16)
        defer {
            wipe(joined)
            joined.deallocate()
        }
        let keyStart = ofClient ? 0 : key
        let saltStart = 2 * key + (ofClient ? 0 : salt)
        UnsafeMutableRawBufferPointer(rebasing: joined[..<key])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[keyStart..<(keyStart + key)]))
        UnsafeMutableRawBufferPointer(rebasing: joined[key...])
            .copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes[saltStart..<(saltStart + salt)]))
        return body(UnsafeRawBufferPointer(joined))
    }
}
