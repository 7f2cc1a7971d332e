import Foundation
import SRTP
import Testing

@Suite struct KeyTests {
    private func read(_ profile: ProtectionProfile, _ text: String) throws -> [UInt8] {
        let key = try SRTPKey(profile, text: text)
        return try key.withBytes { (bytes) throws(SRTPFault) in Array(bytes) }
    }

    @Test(arguments: ProtectionProfile.allCases) func keysOfCryptoAttributesAreRead(
        profile: ProtectionProfile
    ) throws {
        let bytes = (0..<profile.keyAndSaltBytes).map { UInt8($0 * 37 % 251) }
        let text = Data(bytes).base64EncodedString()
        #expect(try read(profile, text) == bytes)
        #expect(try read(profile, "inline:" + text) == bytes)
        #expect(try read(profile, "inline:\(text)|2^31") == bytes)
        #expect(try read(profile, text.filter { $0 != "=" }) == bytes)
    }

    @Test(arguments: [
        "", "inline:", "inline:AAAA", String(repeating: "A", count: 39),
        String(repeating: "A", count: 41), String(repeating: "-", count: 40),
        String(repeating: "A", count: 36) + "====", String(repeating: "A", count: 44),
        // An MKI.
        String(repeating: "A", count: 40) + "|1:4", String(repeating: "A", count: 40) + "|2^20|1:4",
    ])
    func whatIsNoKeyIsRefused(text: String) {
        #expect(throws: SRTPFault.key) { try self.read(.aes128CMSHA180, text) }
    }

    @Test func namesOfProfilesGoBothWays() {
        for profile in ProtectionProfile.allCases {
            #expect(ProtectionProfile(sdesName: profile.sdesName) == profile)
        }
        #expect(ProtectionProfile(sdesName: "F8_128_HMAC_SHA1_80") == nil)
    }

    @Test func bothEndsOfAKeyMeet() throws {
        let key = try SRTPKey(.aes128CMSHA132, text: String(repeating: "q", count: 40))
        var sealer = try key.sealer()
        var opener = try key.opener()
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 16)
        defer { room.deallocate() }
        let packet = Ends.packet(.rtp)
        room.copyBytes(from: packet)
        let sealed = try sealer.sealRTP(room, count: packet.count)
        let count = try opener.openRTP(UnsafeMutableRawBufferPointer(rebasing: room[..<sealed]))
        #expect(Array(room[..<count]) == packet)
    }
}
