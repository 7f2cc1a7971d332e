import Configuration
import EventLoop
import Glibc

/// Where the sockets are.
enum RuntimeDirectory {
    /// Why it can't be used: a sentence.
    struct Fault: Error { let message: String }

    /// `--runtime-directory`, else what systemd made, else the user's, else `/run/parley`.
    static func path(_ arguments: Arguments, _ environment: Environment) -> String {
        if let given = arguments.runtimeDirectory { return given }
        if let made = environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first {
            return String(made)
        }
        if let user = environment["XDG_RUNTIME_DIR"] { return "\(user)/parley" }
        return "/run/parley"
    }

    /// Makes the directory when it is not there.
    static func prepare(_ path: String) throws(Fault) {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        throw Fault(
            message:
                "the runtime directory \(path) can't be made: \(String(cString: strerror(errno)))")
    }

    /// Makes sure that no other daemon serves this directory. The kernel drops the lock with the
    /// process, however it ends.
    static func lock(_ path: String) throws(Fault) -> FileDescriptor {
        let file = "\(path)/parleyd.lock"
        let fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else {
            throw Fault(message: "\(file) can't be opened: \(String(cString: strerror(errno)))")
        }
        let descriptor = FileDescriptor(owning: fd)
        guard flock(fd, LOCK_EX | LOCK_NB) == 0 else {
            throw Fault(
                message: "another parleyd runs in \(path): stop it, or choose another "
                    + "--runtime-directory")
        }
        return descriptor
    }

    /// Where descriptors of plugins are remembered; nil when there is no place.
    static func cache(_ environment: Environment) -> String? {
        let path: String
        if let made = environment["CACHE_DIRECTORY"]?.split(separator: ":").first {
            path = String(made)
        } else if let user = environment["XDG_CACHE_HOME"] {
            path = "\(user)/parley"
        } else if let home = environment["HOME"] {
            mkdir("\(home)/.cache", 0o700)
            path = "\(home)/.cache/parley"
        } else {
            return nil
        }
        mkdir(path, 0o700)
        return access(path, W_OK) == 0 ? path : nil
    }
}
