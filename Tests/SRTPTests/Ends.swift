import SRTP

/// One direction of a call: who seals and who opens, with memory as both want it.
final class Ends {
    private var sealer: SRTPSealer
    private var opener: SRTPOpener
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)

    deinit { room.deallocate() }

    init(_ profile: ProtectionProfile, key: [UInt8]? = nil, openerKey: [UInt8]? = nil) throws {
        let key = key ?? (0..<UInt8(profile.keyAndSaltBytes)).map { $0 &* 7 &+ 1 }
        sealer = try Ends.make(key) { bytes throws(SRTPFault) in
            try SRTPSealer(profile, keyAndSalt: bytes)
        }
        opener = try Ends.make(openerKey ?? key) { bytes throws(SRTPFault) in
            try SRTPOpener(profile, keyAndSalt: bytes)
        }
    }

    private static func make<Value: ~Copyable>(
        _ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws(SRTPFault) -> Value
    ) throws(SRTPFault) -> Value {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: key.count, alignment: 16)
        defer { copy.deallocate() }
        copy.copyBytes(from: key)
        return try body(UnsafeRawBufferPointer(copy))
    }

    enum Kind: CaseIterable { case rtp, rtcp }

    /// - Parameter roomBytes: behind the packet.
    func seal(_ kind: Kind, _ packet: [UInt8], roomBytes: Int = 20) throws(SRTPFault) -> [UInt8] {
        room.copyBytes(from: packet)
        let place = UnsafeMutableRawBufferPointer(rebasing: room[..<(packet.count + roomBytes)])
        let count: Int
        switch kind {
        case .rtp: count = try sealer.sealRTP(place, count: packet.count)
        case .rtcp: count = try sealer.sealRTCP(place, count: packet.count)
        }
        return Array(room[..<count])
    }

    func open(_ kind: Kind, _ packet: [UInt8]) throws(SRTPFault) -> [UInt8] {
        room.copyBytes(from: packet)
        let place = UnsafeMutableRawBufferPointer(rebasing: room[..<packet.count])
        let count: Int
        switch kind {
        case .rtp: count = try opener.openRTP(place)
        case .rtcp: count = try opener.openRTCP(place)
        }
        return Array(room[..<count])
    }

    static func packet(
        _ kind: Kind, sequence: UInt16 = 100, source: UInt8 = 7, payload: Int = 40
    ) -> [UInt8] {
        let body = (0..<payload).map { UInt8(truncatingIfNeeded: $0 * 3) }
        switch kind {
        case .rtp:
            return [
                0x80, 111, UInt8(sequence >> 8), UInt8(sequence & 255), 0, 0, 3, 232, 0, 0, 0,
                source,
            ] + body
        case .rtcp: return [0x80, 201, 0, 1, 0, 0, 0, source] + body
        }
    }
}
