import CSRTP

/// Protects what we send, in place (RFC 3711, RFC 7714). Allocates only at the first packet of a source.
/// [one thread]
public struct SRTPSealer: ~Copyable {
    /// Bytes that must be free behind a packet, whatever the profile.
    public static var trailerBytes: Int { 20 }

    private static var rtpHeaderBytes: Int { 12 }
    private static var rtcpHeaderBytes: Int { 8 }

    private let session: SRTPSession

    /// - Parameter keyAndSalt: the master key, then the salt; read only within the call.
    public init(
        _ profile: ProtectionProfile, keyAndSalt: UnsafeRawBufferPointer
    ) throws(SRTPFault) {
        session = try SRTPSession(.outbound, profile, keyAndSalt: keyAndSalt)
    }

    public var profile: ProtectionProfile { session.profile }

    /// Protects an RTP packet. A sequence number goes out once: the same again is refused as replayed,
    /// since two packets under one number would give their contents away.
    ///
    /// - Parameters:
    ///   - room: begins with the packet, at an address that is a multiple of four.
    ///   - count: bytes of the packet.
    /// - Returns: bytes of the protected packet.
    public mutating func sealRTP(
        _ room: UnsafeMutableRawBufferPointer, count: Int
    ) throws(SRTPFault) -> Int {
        guard count >= Self.rtpHeaderBytes, count <= room.count else { throw .malformed }
        guard room.count - count >= profile.rtpTrailerBytes else { throw .noRoom }
        return try session.transform(room, count: count, srtp_protect)
    }

    /// Protects a compound RTCP packet; as ``sealRTP(_:count:)``.
    public mutating func sealRTCP(
        _ room: UnsafeMutableRawBufferPointer, count: Int
    ) throws(SRTPFault) -> Int {
        guard count >= Self.rtcpHeaderBytes, count <= room.count else { throw .malformed }
        guard room.count - count >= profile.rtcpTrailerBytes else { throw .noRoom }
        return try session.transform(room, count: count, srtp_protect_rtcp)
    }
}

extension SRTPSession {
    /// Runs one of libsrtp's functions over a packet in place.
    func transform(
        _ room: UnsafeMutableRawBufferPointer, count: Int,
        _ function: (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>?) ->
            srtp_err_status_t
    ) throws(SRTPFault) -> Int {
        precondition(
            UInt(bitPattern: room.baseAddress) % 4 == 0, "libsrtp reads packets in words of 32 bits"
        )
        guard var length = CInt(exactly: count) else { throw .malformed }
        let status = function(raw, room.baseAddress, &length)
        guard status == srtp_err_status_ok else { throw SRTPFault(status) }
        return Int(length)
    }
}
