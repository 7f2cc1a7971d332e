import Testing

@testable import RTP

private func withPacket<Result>(
    _ bytes: [UInt8], _ body: (RTPPacket) throws -> Result
) throws -> Result {
    try bytes.withUnsafeBytes { try body(try RTPPacket($0)) }
}

private func fault(_ bytes: [UInt8]) -> RTPFault? {
    bytes.withUnsafeBytes { bytes in
        do throws(RTPFault) {
            _ = try RTPPacket(bytes)
            return nil
        } catch {
            return error
        }
    }
}

@Suite struct PacketTests {
    private let plain: [UInt8] = [
        0x80, 0xef, 0x12, 0x34, 0, 0, 1, 0, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3,
    ]

    @Test func aPlainPacketIsRead() throws {
        try withPacket(plain) { packet in
            #expect(packet.marker)
            #expect(packet.payloadType == 111)
            #expect(packet.sequence == 0x1234)
            #expect(packet.timestamp == 256)
            #expect(packet.ssrc == 0xdead_beef)
            #expect(Array(packet.payload) == [1, 2, 3])
        }
    }

    @Test func sourcesExtensionsAndPaddingAreTakenOff() throws {
        let head: [UInt8] = [0xb2, 0x6f, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7]
        let sources = [UInt8](repeating: 9, count: 8)
        // One-byte form: id 3 with two bytes, a pad, id 5 with one byte.
        let extensions: [UInt8] = [0xbe, 0xde, 0, 2, 0x31, 0xab, 0xcd, 0, 0x50, 0x7f, 0, 0]
        try withPacket(head + sources + extensions + [8, 8, 0, 0, 3]) { packet in
            #expect(Array(packet.payload) == [8, 8])
            #expect(packet.extensions[3].map(Array.init) == [0xab, 0xcd])
            #expect(packet.extensions[5].map(Array.init) == [0x7f])
            #expect(packet.extensions[4] == nil)
        }
        let twoByte: [UInt8] = [0x10, 0, 0, 2, 200, 3, 1, 2, 3, 0, 7, 0]
        try withPacket([0x90] + head.dropFirst() + twoByte) { packet in
            #expect(packet.extensions[200].map(Array.init) == [1, 2, 3])
            #expect(packet.extensions[7]?.count == 0)
        }
    }

    @Test func paddingInsideOfOpusStays() throws {
        // An Opus packet of code 3 that pads itself: its zeros are its own.
        let opus: [UInt8] = [0x7b, 0x41, 4, 0xaa, 0xbb, 0, 0, 0, 0]
        try withPacket(Array(plain[..<12]) + opus) { #expect(Array($0.payload) == opus) }
    }

    @Test func whatIsNoPacketIsRefused() {
        #expect(fault([]) == .truncated)
        #expect(fault(Array(plain[..<11])) == .truncated)
        #expect(fault([0x40] + plain.dropFirst()) == .version)
        // Fifteen sources that are not there; an extension that ends behind the packet.
        #expect(fault([0x8f] + plain.dropFirst()) == .truncated)
        #expect(fault([0x90] + plain.dropFirst()) == .truncated)
        #expect(fault([0x90] + plain[1..<12] + [0xbe, 0xde, 0xff, 0xff]) == .truncated)
        // More padding than payload, and none.
        #expect(fault([0xa0] + plain[1..<12] + [1, 2, 9]) == .padding)
        #expect(fault([0xa0] + plain[1..<12] + [1, 2, 0]) == .padding)
        #expect(fault([0xa0] + plain[1..<12]) == .padding)
    }

    @Test func noPacketOfRandomBytesIsReadBeyondItsEnd() {
        var random = Seeded(5)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if !bytes.isEmpty { bytes[0] = bytes[0] & 0x3f | 0x80 }
            bytes.withUnsafeBytes { bytes in
                guard let packet = try? RTPPacket(bytes) else { return }
                for id in UInt8.min...UInt8.max { _ = packet.extensions[id]?.last }
                _ = try? RTCPReader.read(bytes)
            }
        }
    }

    @Test func kindsAreToldByTheirFirstBytes() {
        func kind(_ bytes: [UInt8]) -> PacketKind { bytes.withUnsafeBytes { PacketKind($0) } }
        #expect(kind([0, 1]) == .stun)
        #expect(kind([1, 1]) == .stun)
        #expect(kind([22, 254]) == .dtls)
        #expect(kind([64, 0]) == .turnChannel)
        #expect(kind([0x80, 111]) == .rtp)
        #expect(kind([0x90, 0x80 | 111]) == .rtp)
        #expect(kind([0x80, 200]) == .rtcp)
        #expect(kind([0x81, 201]) == .rtcp)
        #expect(kind([0x8f, 205]) == .rtcp)
        #expect(kind([200, 0]) == .unknown)
        #expect(kind([]) == .unknown)
    }
}

/// SplitMix64: the same numbers for the same seed.
struct Seeded: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
