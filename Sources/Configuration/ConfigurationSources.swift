import Glibc

/// What the settings are made from.
public struct ConfigurationSources: Sendable {
    /// `--config FILE`: this file alone.
    public var file: String?
    /// `--log-level`.
    public var logLevel: String?
    public var environment: Environment
    public var userID: uid_t

    public init(
        file: String? = nil, logLevel: String? = nil, environment: Environment = .process,
        userID: uid_t = getuid()
    ) {
        self.file = file
        self.logLevel = logLevel
        self.environment = environment
        self.userID = userID
    }

    /// Whether this is a user's own daemon. The session of a user has `$XDG_RUNTIME_DIR`; a service of
    /// the system has not, and root is the system always.
    public var isUserDaemon: Bool { userID != 0 && environment["XDG_RUNTIME_DIR"] != nil }

    /// The directory of `parley.toml` and `conf.d`: `/etc/parley`, or for a user's daemon
    /// `$XDG_CONFIG_HOME/parley`.
    public var directory: String {
        guard isUserDaemon else { return "/etc/parley" }
        if let home = environment["XDG_CONFIG_HOME"], home.hasPrefix("/") {
            return "\(home)/parley"
        }
        return "\(environment["HOME"] ?? "")/.config/parley"
    }

    /// The main file: the one that is asked for, or the usual one.
    public var mainFile: String { file ?? "\(directory)/parley.toml" }
}
