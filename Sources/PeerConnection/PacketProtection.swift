import DTLS
import SRTP

/// SRTP both ways with the keys of one handshake. Wiped when it ends.
struct PacketProtection: ~Copyable {
    private var sealer: SRTPSealer
    private var opener: SRTPOpener
    let profile: SRTPProfile

    init(_ keys: borrowing SRTPKeyingMaterial) throws(SRTPFault) {
        guard let profile = ProtectionProfile(rawValue: keys.profile.rawValue) else { throw .key }
        var sealer: SRTPSealer?
        var opener: SRTPOpener?
        var fault: SRTPFault?
        keys.withSendingKey { key in
            do throws(SRTPFault) {
                sealer = try SRTPSealer(profile, keyAndSalt: key)
            } catch { fault = error }
        }
        keys.withReceivingKey { key in
            do throws(SRTPFault) {
                opener = try SRTPOpener(profile, keyAndSalt: key)
            } catch { fault = error }
        }
        guard let sealed = sealer.take(), let opened = opener.take() else {
            throw fault ?? .key
        }
        self.sealer = sealed
        self.opener = opened
        self.profile = keys.profile
    }

    mutating func seal(
        _ kind: MediaKind, _ room: UnsafeMutableRawBufferPointer, count: Int
    ) throws(SRTPFault) -> Int {
        switch kind {
        case .rtp: try sealer.sealRTP(room, count: count)
        case .rtcp: try sealer.sealRTCP(room, count: count)
        }
    }

    mutating func open(
        _ kind: MediaKind, _ packet: UnsafeMutableRawBufferPointer
    ) throws(SRTPFault) -> Int {
        switch kind {
        case .rtp: try opener.openRTP(packet)
        case .rtcp: try opener.openRTCP(packet)
        }
    }
}

/// The two kinds of packets that SRTP protects.
public enum MediaKind: Sendable, Hashable {
    case rtp
    case rtcp
}
