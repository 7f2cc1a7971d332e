import SRTP
import Testing

/// What comes out is what the standards say. The SHA-1 vectors are of the master key of RFC 3711,
/// appendix B.3; libsrtp takes no session keys, so those of RFC 7714 can't be used as they stand. All
/// were computed with another implementation (AES and HMAC of Python's `cryptography`), whose session
/// keys were compared with appendix B.3.
@Suite struct VectorTests {
    struct Vector: Sendable {
        var profile: ProtectionProfile
        var key: [UInt8]
        var rtp: [UInt8]
        var rtcp: [UInt8]
    }

    static let plainRTP =
        bytes("800f1234 decafbad cafebabe") + [UInt8](repeating: 0xab, count: 16)
    static let plainRTCP = bytes("81c8000b cafebabe") + [UInt8](repeating: 0xab, count: 16)
    static let rfcKey = bytes("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6")

    static let vectors = [
        Vector(
            profile: .aes128CMSHA180, key: rfcKey,
            rtp: bytes(
                "800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb"),
            rtcp: bytes(
                "81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798")),
        Vector(
            profile: .aes128CMSHA132, key: rfcKey,
            rtp: bytes("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc"),
            rtcp: bytes(
                "81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798")),
        Vector(
            profile: .aeadAES128GCM, key: Array(0..<16) + Array(0xa0..<0xac),
            rtp: bytes(
                "800f1234decafbadcafebabe c5002ede04cfdd2eb91159e0880aa06e "
                    + "d2976826f796b201df3131a127e8a392"),
            rtcp: bytes(
                "81c8000bcafebabe c98b8b5df0392a55852b6c21ac8e7025 "
                    + "c52c6fbea2b3b446ea31123ba88ce61e 80000001")),
        Vector(
            profile: .aeadAES256GCM, key: Array(0..<32) + Array(0xa0..<0xac),
            rtp: bytes(
                "800f1234decafbadcafebabe 0af7f21e8a90bdad7a425c9c31ed4bb1 "
                    + "d90238917e7390a2793500e1681acaea"),
            rtcp: bytes(
                "81c8000bcafebabe 8abfafa780070a90e80f9161cf4aac08 "
                    + "1ed93aaa53c15b0f3ed1a3b984167b03 80000001")),
    ]

    @Test(arguments: vectors) func packetsAreProtectedAsTheStandardSays(vector: Vector) throws {
        let ends = try Ends(vector.profile, key: vector.key)
        #expect(try ends.seal(.rtp, Self.plainRTP) == vector.rtp)
        #expect(try ends.seal(.rtcp, Self.plainRTCP) == vector.rtcp)
        #expect(try ends.open(.rtp, vector.rtp) == Self.plainRTP)
        #expect(try ends.open(.rtcp, vector.rtcp) == Self.plainRTCP)
    }

    @Test(arguments: vectors) func trailersAreAsLongAsTheProfileSays(vector: Vector) {
        let profile = vector.profile
        #expect(vector.rtp.count == Self.plainRTP.count + profile.rtpTrailerBytes)
        #expect(vector.rtcp.count == Self.plainRTCP.count + profile.rtcpTrailerBytes)
        #expect(max(profile.rtpTrailerBytes, profile.rtcpTrailerBytes) <= SRTPSealer.trailerBytes)
        #expect(vector.key.count == profile.keyAndSaltBytes)
    }
}
