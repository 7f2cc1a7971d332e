import Configuration
import Control
import Glibc
import PulseAudio

/// What the doctor's checks look at: this machine, or what a test puts in its place. Nothing of it changes
/// anything.
struct Machine {
    /// What a program printed, and how it ended.
    struct CommandResult: Equatable {
        var status: CInt
        /// Standard output, without the last line feed.
        var output: String
    }

    /// Goes before every absolute path.
    var root = ""
    var environment = Environment.process
    var userID = getuid()
    var userName = Machine.nameOfUser
    /// RLIMIT_RTPRIO of a program that this user starts; nil for no limit.
    var realTimeLimit: () -> UInt64? = {
        Machine.limit(__rlimit_resource_t(__RLIMIT_RTPRIO.rawValue))
    }
    /// Runs a command line of constant text, for 3 s at most.
    var run: (String) -> CommandResult = Machine.shell
    /// - Parameter authorities: a PEM file that is trusted instead of the system's store.
    var reach: (_ endpoint: Endpoint, _ authorities: String?) -> PeerReach = {
        PeerProbe.reach($0, authorities: $1)
    }
    var askSTUN: (ICEServerAddress) -> PeerReach = { STUNProbe.ask($0) }
    var clock: () -> ClockReading = { .now }
    var connect: () -> Result<GatewayLine, DaemonError> = {
        .failure(.gateway(.noDaemon(tried: [])))
    }
    var sound: (ServerAddress) -> SoundReport = { SoundProbe.report(address: $0) }
    var settings: (ConfigurationSources) -> Result<Settings, ConfigurationError> = { sources in
        Result { () throws(ConfigurationError) in try Settings.load(from: sources) }
    }
    var account: (uid_t) -> Account? = { Account(id: $0) }
    var accountNamed: (String) -> Account? = { Account(named: $0) }
    var groupName: (gid_t) -> String? = { getgrgid($0).map { String(cString: $0.pointee.gr_name) } }
    /// Whether this user may read a file or list a directory.
    var mayRead: (String) -> Bool = { access($0, R_OK) == 0 }

    /// A command as root.
    func sudo(_ command: String) -> String { userID == 0 ? command : "sudo \(command)" }

    // MARK: Files

    /// As stat(2) tells; nil when it can't be reached.
    func status(_ path: String) -> stat? {
        var status = stat()
        return stat(root + path, &status) == 0 ? status : nil
    }

    func exists(_ path: String) -> Bool { status(path) != nil }

    func isReadable(_ path: String) -> Bool { mayRead(root + path) }

    /// Whether this user may look into a directory.
    func isSearchable(_ path: String) -> Bool { access(root + path, X_OK) == 0 }

    /// Whether something is there, or may be, that this user can't read.
    func isClosed(_ path: String) -> Bool {
        var status = stat()
        guard stat(root + path, &status) == 0 else { return errno == EACCES }
        return !isReadable(path)
    }

    /// What a directory holds; nothing when it can't be listed.
    func names(in path: String) -> [String] {
        guard let directory = opendir(root + path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    // MARK: The real one

    private static var nameOfUser: String {
        getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(getuid())"
    }

    private static func limit(_ resource: __rlimit_resource_t) -> UInt64? {
        var limits = rlimit()
        guard getrlimit(resource, &limits) == 0 else { return 0 }
        return limits.rlim_cur == rlim_t.max ? nil : UInt64(limits.rlim_cur)
    }

    private static func shell(_ command: String) -> CommandResult {
        guard let pipe = popen("timeout 3 \(command) 2>/dev/null </dev/null", "r") else {
            return CommandResult(status: 127, output: "")
        }
        var bytes: [UInt8] = []
        while case let byte = fgetc(pipe), byte >= 0 { bytes.append(UInt8(byte)) }
        let status = pclose(pipe)
        if bytes.last == 10 { bytes.removeLast() }
        return CommandResult(
            status: status >= 0 ? (status >> 8) & 0xFF : 127,
            output: String(decoding: bytes, as: UTF8.self))
    }
}
