import Glibc

extension TransportDirectory {
    /// Where plugins are searched for, in order: flags, `PARLEY_TRANSPORT_PATH`, config, the tree that the
    /// running program lies in, the machine's own, and the user's for a user's daemon.
    ///
    /// - Parameters:
    ///   - trusted: of `--trust-transport-directory`: exempt from the check of owners, and searched
    ///     after `flags` where they are not among them.
    ///   - environment: looks a variable up.
    ///   - programDirectory: of the running program.
    public static func search(
        flags: [String], trusted: [String], configured: [String],
        environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } },
        programDirectory: String = HostProgram.directoryOfRunningProgram
    ) -> [TransportDirectory] {
        var paths = flags + trusted
        paths += environment("PARLEY_TRANSPORT_PATH")?.split(separator: ":").map(String.init) ?? []
        paths += configured
        paths.append("\(programDirectory)/../lib/parley/transports")
        paths.append("/usr/local/lib/parley/transports")
        // The system's daemon has no data directory of a user.
        if let data = environment("XDG_DATA_HOME") {
            paths.append("\(data)/parley/transports")
        } else if geteuid() != 0, let home = environment("HOME") {
            paths.append("\(home)/.local/share/parley/transports")
        }
        let vouched = Set(trusted.map(absolute))
        var seen: Set<String> = []
        return paths.map(absolute).filter { seen.insert($0).inserted }
            .map { TransportDirectory($0, isTrusted: vouched.contains($0)) }
    }

    /// Absolute, without `.`, `..` and empty components, by the text alone: what it names may not exist.
    private static func absolute(_ path: String) -> String {
        var full = path
        if !path.hasPrefix("/"), let here = getcwd(nil, 0) {
            full = "\(String(cString: here))/\(path)"
            free(here)
        }
        var components: [Substring] = []
        for component in full.split(separator: "/") where component != "." {
            if component == ".." { _ = components.popLast() } else { components.append(component) }
        }
        return "/" + components.joined(separator: "/")
    }
}
