import SRTP
import Testing

@Suite struct SessionTests {
    static let both: [(ProtectionProfile, Ends.Kind)] = ProtectionProfile.allCases.flatMap {
        profile in Ends.Kind.allCases.map { (profile, $0) }
    }

    @Test(arguments: both) func everyBitIsAuthenticated(
        profile: ProtectionProfile, kind: Ends.Kind
    ) throws {
        let ends = try Ends(profile)
        let sealed = try ends.seal(kind, Ends.packet(kind))
        for place in sealed.indices {
            for bit in [0, 3, 7] {
                var damaged = sealed
                damaged[place] ^= 1 << bit
                #expect(throws: SRTPFault.self, "byte \(place), bit \(bit)") {
                    try ends.open(kind, damaged)
                }
            }
        }
        // None of that stands in the way of the real one.
        #expect(try ends.open(kind, sealed) == Ends.packet(kind))
    }

    @Test(arguments: both) func everyCutIsNoticed(
        profile: ProtectionProfile, kind: Ends.Kind
    ) throws {
        let ends = try Ends(profile)
        let sealed = try ends.seal(kind, Ends.packet(kind))
        for count in 0..<sealed.count {
            #expect(throws: SRTPFault.self, "\(count) bytes") {
                try ends.open(kind, Array(sealed[..<count]))
            }
        }
        #expect(throws: SRTPFault.forged) { try ends.open(kind, sealed + [0, 0, 0, 0]) }
        #expect(try ends.open(kind, sealed) == Ends.packet(kind))
    }

    @Test(arguments: both) func aPacketIsBelievedOnce(
        profile: ProtectionProfile, kind: Ends.Kind
    ) throws {
        let ends = try Ends(profile)
        let sealed = try ends.seal(kind, Ends.packet(kind))
        _ = try ends.open(kind, sealed)
        #expect(throws: SRTPFault.replayed) { try ends.open(kind, sealed) }
    }

    @Test func packetsMayComeLateButNotTooLate() throws {
        let ends = try Ends(.aeadAES128GCM)
        let sealed = try (0..<1_200).map {
            try ends.seal(.rtp, Ends.packet(.rtp, sequence: UInt16($0)))
        }
        _ = try ends.open(.rtp, sealed[1_199])
        _ = try ends.open(.rtp, sealed[500])
        #expect(throws: SRTPFault.replayed) { try ends.open(.rtp, sealed[500]) }
        #expect(throws: SRTPFault.tooOld) { try ends.open(.rtp, sealed[0]) }
    }

    @Test(arguments: ProtectionProfile.allCases) func numbersThatWrapAreFollowed(
        profile: ProtectionProfile
    ) throws {
        let ends = try Ends(profile)
        var number: UInt16 = 65_000
        for _ in 0..<70_000 {
            let packet = Ends.packet(.rtp, sequence: number, payload: 4)
            let sealed = try ends.seal(.rtp, packet)
            // Every eighth arrives, the rest is lost.
            if number % 8 == 0 { #expect(try ends.open(.rtp, sealed) == packet) }
            number &+= 1
        }
    }

    @Test func aNumberGoesOutOnce() throws {
        let ends = try Ends(.aeadAES256GCM)
        _ = try ends.seal(.rtp, Ends.packet(.rtp))
        #expect(throws: SRTPFault.replayed) { try ends.seal(.rtp, Ends.packet(.rtp)) }
    }

    @Test(arguments: both) func otherKeysOpenNothing(
        profile: ProtectionProfile, kind: Ends.Kind
    ) throws {
        let count = profile.keyAndSaltBytes
        let ends = try Ends(
            profile, key: [UInt8](repeating: 1, count: count),
            openerKey: [UInt8](repeating: 2, count: count))
        let sealed = try ends.seal(kind, Ends.packet(kind))
        #expect(throws: SRTPFault.forged) { try ends.open(kind, sealed) }
    }

    @Test(arguments: both) func aPacketWithoutRoomForItsTrailerIsRefused(
        profile: ProtectionProfile, kind: Ends.Kind
    ) throws {
        let ends = try Ends(profile)
        let needed = kind == .rtp ? profile.rtpTrailerBytes : profile.rtcpTrailerBytes
        #expect(throws: SRTPFault.noRoom) {
            try ends.seal(kind, Ends.packet(kind), roomBytes: needed - 1)
        }
        _ = try ends.seal(kind, Ends.packet(kind), roomBytes: needed)
    }

    @Test(arguments: both) func whatIsNoPacketIsNotSealed(
        profile: ProtectionProfile, kind: Ends.Kind
    ) throws {
        let ends = try Ends(profile)
        for count in 0..<(kind == .rtp ? 12 : 8) {
            #expect(throws: SRTPFault.malformed) {
                try ends.seal(kind, [UInt8](repeating: 0x80, count: count))
            }
        }
    }

    @Test func manySourcesShareAKeyButNotEndlessly() throws {
        let ends = try Ends(.aeadAES128GCM)
        for source in 0..<UInt8(SRTPOpener.sourceLimit) {
            // What is forged takes no place.
            let other = Ends.packet(.rtp, sequence: UInt16(source), source: 200)
            var forged = try ends.seal(.rtp, other)
            forged[20] ^= 1
            #expect(throws: SRTPFault.forged) { try ends.open(.rtp, forged) }
            let packet = Ends.packet(.rtp, source: source)
            #expect(try ends.open(.rtp, ends.seal(.rtp, packet)) == packet)
        }
        let sealed = try ends.seal(.rtp, Ends.packet(.rtp, source: 100))
        #expect(throws: SRTPFault.tooManySources) { try ends.open(.rtp, sealed) }
        let known = Ends.packet(.rtp, sequence: 101, source: 5)
        #expect(try ends.open(.rtp, ends.seal(.rtp, known)) == known)
    }

    @Test(arguments: ProtectionProfile.allCases) func aKeyOfAnotherLengthIsRefused(
        profile: ProtectionProfile
    ) throws {
        for count in [0, 16, profile.keyAndSaltBytes - 1, profile.keyAndSaltBytes + 1] {
            #expect(throws: SRTPFault.key) {
                try Ends(profile, key: [UInt8](repeating: 1, count: count))
            }
        }
    }
}
