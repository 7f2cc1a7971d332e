import Foundation
import Testing

@testable import parleyctl

@Suite struct CredentialStoreTests {
    private let directory = NSTemporaryDirectory() + "parley-credentials-\(UUID().uuidString)"

    @Test(arguments: [
        "", ".hidden", "a/b", "..", "name with blank", String(repeating: "a", count: 65),
    ])
    func whatIsNoNameIsRefused(_ name: String) { #expect(!CredentialStore.isName(name)) }

    @Test func aPlainCredentialIsItsOwnersAloneAndReplacedWhole() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = CredentialStore(directory: directory, isPlain: true)
        for secret in ["first-secret", "2nd"] {
            let line = try Array(secret.utf8).withUnsafeBytes { try store.set("key", $0) }
            #expect(line == "LoadCredential=key:\(directory)/key")
            #expect(try String(contentsOfFile: "\(directory)/key", encoding: .utf8) == secret)
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let folder = try FileManager.default.attributesOfItem(atPath: directory)
        #expect(folder[.posixPermissions] as? Int == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["key"])
    }

    @Test func aDirectoryThatOthersCanWriteToIsRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        chmod(directory, 0o777)
        let store = CredentialStore(directory: directory, isPlain: true)
        #expect(throws: DaemonError.self) {
            try Array("x".utf8).withUnsafeBytes { _ = try store.set("key", $0) }
        }
    }
}
