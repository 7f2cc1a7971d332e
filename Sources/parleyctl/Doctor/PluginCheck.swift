import Configuration
import Glibc

/// Looks at the directories of transport plugins.
enum PluginCheck {
    static func findings(_ settings: Settings, sources: ConfigurationSources) -> [Finding] {
        let directories = settings.transportDirectories(
            prefix: prefix, workingDirectory: workingDirectory, sources: sources)
        var findings: [Finding] = []
        var count = 0
        for directory in directories {
            guard let files = plugins(in: directory.path) else { continue }
            count += files.count
            findings.append(.good("\(directory.path) (\(directory.origin)): \(list(files))"))
            guard !directory.isTrusted else { continue }
            findings += ([directory.path] + files.map { "\(directory.path)/\($0)" }).compactMap(
                open)
        }
        if count == 0 {
            findings.append(
                .problem(
                    "there is no transport plugin",
                    why: "none of these has one: "
                        + directories.map(\.path).joined(separator: ", "),
                    remedy: "install parley, or put a plugin's .so into one of them"))
        }
        return findings
    }

    private static func list(_ files: [String]) -> String {
        files.isEmpty ? "no plugin" : files.joined(separator: ", ")
    }

    /// Names of shared objects; nil when there is no such directory.
    private static func plugins(in path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".so"), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// The gateway refuses what others could change.
    private static func open(_ path: String) -> Finding? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        if status.st_mode & 0o002 != 0 {
            return .problem(
                "\(path) is not used by the gateway", why: "everybody can write to it",
                remedy: "chmod o-w \(path)")
        }
        if status.st_uid != 0, status.st_uid != getuid() {
            return .note(
                "\(path) belongs to user \(status.st_uid)",
                why: "the gateway takes plugins only of root and of its own user",
                remedy: "chown root \(path), or trust its directory: "
                    + "parleyd --trust-transport-directory")
        }
        return nil
    }

    /// The directory above `bin` of this program.
    private static var prefix: String {
        guard let program = realpath("/proc/self/exe", nil) else { return "/usr" }
        defer { free(program) }
        let parts = String(cString: program).split(separator: "/").dropLast(2)
        return "/" + parts.joined(separator: "/")
    }

    private static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
