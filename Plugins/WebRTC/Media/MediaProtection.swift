import JSON
import ParleyTransport
import SRTP

/// Encrypts what a call sends and checks what it gets, and counts what was not believed.
@TransportActor
final class MediaProtection {
    /// Between two lines in the log about the same cause: whoever sends garbage must not fill the disk.
    private static var silenceNs: UInt64 { 10_000_000_000 }
    /// Longer than any datagram that is read.
    private static var roomBytes: Int { 2_048 }

    private var sealer: SRTPSealer
    private var opener: SRTPOpener
    private let host: TransportHost
    private let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: roomBytes, alignment: 16)
    private var refused: [SRTPFault: (count: Int, loggedNs: UInt64)] = [:]

    isolated deinit { room.deallocate() }

    init(sealer: consuming SRTPSealer, opener: consuming SRTPOpener, host: TransportHost) {
        self.sealer = sealer
        self.opener = opener
        self.host = host
    }

    /// - Returns: the protected packet, valid until the next call of this object; nil when it can't be
    ///   protected, and then it must not leave.
    func seal(
        _ kind: AudioStream.Packet, _ packet: UnsafeRawBufferPointer, nowNs: UInt64
    ) -> UnsafeRawBufferPointer? {
        guard packet.count <= Self.roomBytes - SRTPSealer.trailerBytes else { return nil }
        room.copyMemory(from: packet)
        do throws(SRTPFault) {
            let count =
                switch kind {
                case .rtp: try sealer.sealRTP(room, count: packet.count)
                case .rtcp: try sealer.sealRTCP(room, count: packet.count)
                }
            return UnsafeRawBufferPointer(rebasing: room[..<count])
        } catch {
            note(error, nowNs: nowNs)
            return nil
        }
    }

    /// - Returns: the packet in the clear, valid until the next call of this object; nil for what is not
    ///   to be believed.
    func open(
        _ kind: AudioStream.Packet, _ datagram: UnsafeRawBufferPointer, nowNs: UInt64
    ) -> UnsafeRawBufferPointer? {
        guard datagram.count <= Self.roomBytes else { return nil }
        room.copyMemory(from: datagram)
        let packet = UnsafeMutableRawBufferPointer(rebasing: room[..<datagram.count])
        do throws(SRTPFault) {
            let count =
                switch kind {
                case .rtp: try opener.openRTP(packet)
                case .rtcp: try opener.openRTCP(packet)
                }
            return UnsafeRawBufferPointer(rebasing: room[..<count])
        } catch {
            note(error, nowNs: nowNs)
            return nil
        }
    }

    private func note(_ fault: SRTPFault, nowNs: UInt64) {
        var known = refused[fault] ?? (0, 0)
        known.count += 1
        if known.count == 1 || nowNs >= known.loggedNs + Self.silenceNs {
            known.loggedNs = nowNs
            host.log(.warning, "SRTP: \(fault) (\(known.count) so far)")
        }
        refused[fault] = known
    }

    /// For the statistics of the call's transport.
    var statistics: JSONObject {
        var (replayed, forged, other) = (0, 0, 0)
        for (fault, known) in refused {
            switch fault {
            case .replayed, .tooOld: replayed += known.count
            case .forged: forged += known.count
            case .malformed, .tooManySources, .noRoom, .keyExhausted, .key, .library:
                other += known.count
            }
        }
        return [
            "srtpCipher": .string(opener.profile.sdesName),
            "packetsReplayed": .integer(Int64(replayed)),
            "packetsForged": .integer(Int64(forged)),
            "packetsUnprotectable": .integer(Int64(other)),
        ]
    }
}
