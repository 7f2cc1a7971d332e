import Testing

@testable import DTLS

@Suite struct FingerprintTests {
    @Test func theTextOfADescriptionIsReadAndWritten() throws {
        let bytes = (0..<32).map { UInt8($0 * 8 % 251) }
        let fingerprint = try #require(Fingerprint(.sha256, bytes: bytes))
        #expect(fingerprint.description.hasPrefix("sha-256 00:08:10:18:"))
        #expect(Fingerprint(fingerprint.description) == fingerprint)
        #expect(Fingerprint(fingerprint.description.lowercased()) == fingerprint)
    }

    @Test(arguments: [
        "", "sha-256", "sha-256 00", "md5 00:01",
        "sha-256 " + "0G:" + String(repeating: "00:", count: 31),
        "sha-256 " + String(repeating: "00:", count: 32) + "00", "sha-256  ::",
    ])
    func whatIsNoneIsRefused(text: String) { #expect(Fingerprint(text) == nil) }

    @Test func everyCertificateIsAnother() throws {
        let (one, two) = (try DTLSCertificate(), try DTLSCertificate())
        #expect(one.fingerprint != two.fingerprint)
        #expect(one.fingerprint.algorithm == .sha256)
    }
}
