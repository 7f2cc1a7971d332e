import CSandbox
import Glibc

/// How far the daemon and its hosts confine themselves.
enum SandboxMode: String {
    case on, off, log

    /// As the processes tell it to one another.
    fileprivate var wire: parley_sandbox_mode {
        switch self {
        case .on: PARLEY_SANDBOX_ON
        case .off: PARLEY_SANDBOX_OFF
        case .log: PARLEY_SANDBOX_LOG
        }
    }
}

/// What the daemon gives up for good, whatever started it.
///
/// After this it has Unix sockets and no others, starts no program, and makes no memory both writable and
/// executable. What is denied answers an errno. The filters pass to children, so the spawner of hosts comes
/// first, and there is no second thread yet, since Landlock is for the calling one.
enum Sandbox {
    /// Tells the spawner, and hosts by it, which directories beside /usr this build has its libraries in.
    static func shareLibraryDirectories() {
        guard let list = parley_sandbox_library_directories(), list.pointee != 0 else { return }
        setenv("PARLEY_LIBRARY_PATH", list, 1)
    }

    /// - Returns: why the daemon can't be confined: a sentence.
    static func enter(_ mode: SandboxMode) -> String? {
        let files = parley_sandbox_restrict_daemon(mode.wire)
        let calls =
            files < 0 ? files : parley_sandbox_confine(PARLEY_SANDBOX_DAEMON, mode.wire)
        guard calls < 0 else { return nil }
        return "this kernel can't filter system calls (errno \(-calls)): --sandbox off runs without"
    }
}
