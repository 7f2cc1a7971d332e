/// Where plugins are looked for.
public struct PluginDirectory: Sendable, Hashable {
    /// Absolute.
    public let path: String
    public let origin: Origin
    /// Its plugins are loaded whoever owns them.
    public let isTrusted: Bool
}

extension Settings {
    /// The directories in the order in which they are searched: flags, environment, config, the rest;
    /// each counts once. The rest is beside the programs, `/usr/local`, and for a user's daemon the
    /// user's data directory.
    ///
    /// - Parameters:
    ///   - flags: `--transport-directory`, in order.
    ///   - trusted: `--trust-transport-directory`.
    ///   - prefix: directory above `bin` of the running program.
    ///   - workingDirectory: what relative paths of flags and environment begin at.
    public func transportDirectories(
        flags: [String] = [], trusted: [String] = [], prefix: String, workingDirectory: String,
        sources: ConfigurationSources
    ) -> [PluginDirectory] {
        var found: [(String, Origin)] = flags.map { ($0, .flag("--transport-directory")) }
        let variable = "PARLEY_TRANSPORT_PATH"
        found += (sources.environment[variable] ?? "").split(separator: ":").map {
            (String($0), .environment(variable))
        }
        found += hosting.directories.map { ($0, origin(of: "hosting.directories")) }
        found.append(("\(prefix)/lib/parley/transports", .standard))
        found.append(("/usr/local/lib/parley/transports", .standard))
        if sources.isUserDaemon {
            let home = sources.environment["HOME"] ?? ""
            let data = sources.environment["XDG_DATA_HOME"] ?? "\(home)/.local/share"
            found.append(("\(data)/parley/transports", .standard))
        }
        func absolute(_ path: String) -> String {
            PathText.normalized(path.hasPrefix("/") ? path : "\(workingDirectory)/\(path)")
        }
        let trusted = Set((trusted + hosting.trustedDirectories).map(absolute))
        var seen: Set<String> = []
        return found.compactMap { path, origin in
            let path = absolute(path)
            guard seen.insert(path).inserted else { return nil }
            return PluginDirectory(
                path: path, origin: origin, isTrusted: trusted.contains(path))
        }
    }
}

/// Paths as text; links are not followed.
enum PathText {
    /// Without `.`, `..` and doubled or trailing slashes.
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
