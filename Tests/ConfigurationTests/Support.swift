import Configuration
import Foundation

/// What is said about a text that is refused.
func problems(_ text: String) -> [String] {
    do throws(ConfigurationError) {
        _ = try Settings.parse(text)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// A directory that goes when the test ends.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/parley-configuration.XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nowhere"
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
        return url.path
    }

    /// What a user's daemon with this directory as $XDG_CONFIG_HOME reads.
    var sources: ConfigurationSources {
        ConfigurationSources(
            environment: Environment(["XDG_CONFIG_HOME": path, "XDG_RUNTIME_DIR": "/run/user/1000"]
            ),
            userID: 1000)
    }
}

/// The repository.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
