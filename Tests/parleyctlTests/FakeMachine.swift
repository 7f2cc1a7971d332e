import Configuration
import Foundation

@testable import parleyctl

/// A machine of files below a temporary directory, and answers that are made up.
final class FakeMachine {
    var machine = Machine()
    let root: String

    init(userID: uid_t = 4_711, variables: [String: String] = [:]) throws {
        var template = Array("/tmp/parley-doctor-XXXXXX".utf8CString)
        root = mkdtemp(&template).map { String(cString: $0) } ?? "/nowhere"
        machine.root = root
        machine.userID = userID
        machine.userName = "ada"
        machine.environment = Environment(variables)
        machine.realTimeLimit = { 0 }
        machine.run = { _ in .init(status: 127, output: "") }
        machine.reach = { _ in .reached(address: "127.0.0.1") }
        machine.clock = { ClockReading(secondsSince1970: 1_790_000_000, isSynchronised: true) }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func directory(_ path: String, mode: mode_t = 0o700) throws {
        try FileManager.default.createDirectory(
            atPath: root + path, withIntermediateDirectories: true)
        chmod(root + path, mode)
        chown(root + path, machine.userID, gid_t.max)
    }

    func file(_ path: String, _ text: String = "x", mode: mode_t = 0o600) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: root + folder, withIntermediateDirectories: true)
        try text.write(toFile: root + path, atomically: false, encoding: .utf8)
        chmod(root + path, mode)
    }
}
