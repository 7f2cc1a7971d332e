import Configuration
import Glibc

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
    var reach: (Endpoint) -> PeerReach = { PeerProbe.reach($0) }
    var askSTUN: (ICEServerAddress) -> PeerReach = { STUNProbe.ask($0) }
    var clock: () -> ClockReading = { .now }

    // MARK: Files

    /// As stat(2) tells; nil when it can't be reached.
    func status(_ path: String) -> stat? {
        var status = stat()
        return stat(root + path, &status) == 0 ? status : nil
    }

    func exists(_ path: String) -> Bool { status(path) != nil }

    /// Whether this user may look into a directory.
    func isSearchable(_ path: String) -> Bool { access(root + path, X_OK) == 0 }

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
