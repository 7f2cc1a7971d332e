import CSRTP

/// Checks and decrypts what the peer sends, in place (RFC 3711, RFC 7714). What throws must not be
/// looked at: a packet that fails may have been half decrypted. Allocates only at the first packet of a
/// source that is authentic. [one thread]
public struct SRTPOpener: ~Copyable {
    /// Sources that one key serves. Each keeps a replay window, so there must be an end to them; none is
    /// forgotten, since its packets could be replayed then.
    public static var sourceLimit: Int { 64 }

    private static var rtpHeaderBytes: Int { 12 }
    private static var rtcpHeaderBytes: Int { 8 }

    private let session: SRTPSession
    private var sources: [UInt32] = []

    /// - Parameter keyAndSalt: the master key, then the salt; read only within the call.
    public init(
        _ profile: ProtectionProfile, keyAndSalt: UnsafeRawBufferPointer
    ) throws(SRTPFault) {
        session = try SRTPSession(.inbound, profile, keyAndSalt: keyAndSalt)
        sources.reserveCapacity(Self.sourceLimit)
    }

    public var profile: ProtectionProfile { session.profile }

    /// Opens an RTP packet.
    ///
    /// - Parameter packet: the datagram, at an address that is a multiple of four.
    /// - Returns: bytes of the packet that is left.
    public mutating func openRTP(
        _ packet: UnsafeMutableRawBufferPointer
    ) throws(SRTPFault) -> Int {
        guard packet.count >= Self.rtpHeaderBytes + profile.rtpTrailerBytes else {
            throw .malformed
        }
        return try open(packet, sourceAt: 8, srtp_unprotect)
    }

    /// Opens a compound RTCP packet; as ``openRTP(_:)``.
    public mutating func openRTCP(
        _ packet: UnsafeMutableRawBufferPointer
    ) throws(SRTPFault) -> Int {
        guard packet.count >= Self.rtcpHeaderBytes + profile.rtcpTrailerBytes else {
            throw .malformed
        }
        return try open(packet, sourceAt: 4, srtp_unprotect_rtcp)
    }

    private mutating func open(
        _ packet: UnsafeMutableRawBufferPointer, sourceAt offset: Int,
        _ function: (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>?) ->
            srtp_err_status_t
    ) throws(SRTPFault) -> Int {
        let source = packet.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let isKnown = sources.contains(source)
        guard isKnown || sources.count < Self.sourceLimit else { throw .tooManySources }
        let count = try session.transform(packet, count: packet.count, function)
        // Only what was authentic gets here, and has a place in libsrtp's memory now.
        if !isKnown { sources.append(source) }
        return count
    }
}
