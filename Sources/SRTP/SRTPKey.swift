import Glibc

/// A master key and salt from text, as SDES (RFC 4568, section 6.1) and the options of media servers
/// have it. The memory is wiped when the value ends.
public struct SRTPKey: ~Copyable {
    public let profile: ProtectionProfile
    private let bytes: UnsafeMutableRawBufferPointer

    deinit {
        if let base = bytes.baseAddress { explicit_bzero(base, bytes.count) }
        bytes.deallocate()
    }

    /// - Parameter text: base64 of key and salt, with or without `inline:` before it, and a lifetime
    ///   behind it, which a call does not live to see.
    /// - Throws: `key` for what is no key of the profile, and for an MKI (RFC 3711, section 3.1), which
    ///   is not supported.
    public init(_ profile: ProtectionProfile, text: String) throws(SRTPFault) {
        let room = UnsafeMutableRawBufferPointer.allocate(
            byteCount: profile.keyAndSaltBytes, alignment: 16)
        let parts = text.split(separator: "|", omittingEmptySubsequences: false)
        let key = parts.first.map { $0.hasPrefix("inline:") ? $0.dropFirst(7) : $0 } ?? ""
        guard parts.dropFirst().allSatisfy({ !$0.contains(":") }), Base64.read(key.utf8, into: room)
        else {
            if let base = room.baseAddress { explicit_bzero(base, room.count) }
            room.deallocate()
            throw .key
        }
        self.profile = profile
        bytes = room
    }

    /// Key, then salt; valid within the call.
    public func withBytes<Result: ~Copyable>(
        _ body: (UnsafeRawBufferPointer) throws(SRTPFault) -> Result
    ) throws(SRTPFault) -> Result {
        try body(UnsafeRawBufferPointer(bytes))
    }

    public func sealer() throws(SRTPFault) -> SRTPSealer {
        try SRTPSealer(profile, keyAndSalt: UnsafeRawBufferPointer(bytes))
    }

    public func opener() throws(SRTPFault) -> SRTPOpener {
        try SRTPOpener(profile, keyAndSalt: UnsafeRawBufferPointer(bytes))
    }
}

/// Base64 of RFC 4648, section 4, straight into memory that will be wiped.
enum Base64 {
    /// - Returns: whether the text is the base64 of exactly as many bytes as `room` has.
    static func read(
        _ text: some Collection<UInt8>, into room: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let padding = (3 - room.count % 3) % 3
        let whole = (room.count + 2) / 3 * 4
        // Some leave the padding off.
        guard text.count == whole || text.count == whole - padding else { return false }
        var (bits, pending, written) = (UInt32(0), 0, 0)
        for (place, letter) in text.enumerated() {
            if place >= whole - padding {
                guard letter == UInt8(ascii: "=") else { return false }
                continue
            }
            guard let value = value(of: letter) else { return false }
            bits = bits << 6 | UInt32(value)
            pending += 6
            if pending >= 8 {
                pending -= 8
                room[written] = UInt8(truncatingIfNeeded: bits >> UInt32(pending))
                written += 1
            }
        }
        return written == room.count
    }

    private static func value(of letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): letter - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
