import Glibc

/// What the daemon of some user would say to the plugins of a directory: for a program that explains it, and
/// loads none.
public struct PluginInspection: Sendable {
    /// Plugins that are not used for one reason.
    public struct Refused: Sendable, Hashable {
        public internal(set) var paths: [String]
        /// A sentence.
        public let reason: String
        public let fault: PluginFault
    }

    /// Of all that look like plugins, sorted.
    public private(set) var names: [String] = []
    public private(set) var refused: [Refused] = []

    /// Nil when the directory does not exist.
    ///
    /// - Parameters:
    ///   - user: as which the daemon runs.
    ///   - group: its primary one.
    public init?(_ place: TransportDirectory, user: uid_t, group: gid_t) {
        do throws(Refusal) {
            let rules = TrustRules(user: user, group: group)
            guard let directory = try PluginDirectory(place, rules: rules) else { return nil }
            names = try directory.names()
            for name in names { look(at: name, in: directory) }
        } catch {
            refused.append(
                Refused(paths: [place.path], reason: error.description, fault: error.fault))
        }
    }

    private mutating func look(at name: String, in directory: PluginDirectory) {
        do throws(Refusal) {
            _ = try directory.open(name)
        } catch {
            let path = "\(directory.directory.path)/\(name)"
            let known = refused.firstIndex { $0.reason == error.description }
            if let known {
                refused[known].paths.append(path)
            } else {
                refused.append(
                    Refused(paths: [path], reason: error.description, fault: error.fault))
            }
        }
    }
}

/// What would have to be another way for a plugin to be used.
public enum PluginFault: Sendable, Hashable {
    /// The file or directory belongs to neither root nor the daemon's user.
    case foreignOwner(String)
    case openToEveryone(String)
    case openToGroup(String)
    /// The plugin itself is a link.
    case link(String)
    /// What a sentence has to tell.
    case other
}
