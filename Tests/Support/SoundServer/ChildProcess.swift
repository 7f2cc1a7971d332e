import Glibc

/// A program that was started, with signals as at login; Foundation's `Process` leaves the blocked
/// ones of the calling thread to it, and needs that thread's run loop to notice its end.
final class ChildProcess: @unchecked Sendable {
    // Sendable: tests use one child from one task at a time.
    let pid: pid_t
    private var status: CInt?

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameters:
    ///   - command: looked up on PATH.
    ///   - input, output, errors: descriptors for 0, 1 and 2, still the caller's; nil is /dev/null.
    init(
        _ command: [String], environment: [String: String], input: CInt? = nil,
        output: CInt? = nil, errors: CInt? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in [(CInt(0), input), (1, output), (2, errors)] {
            if let source {
                posix_spawn_file_actions_adddup2(&actions, source, target)
            } else {
                posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
            }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
        let arguments = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, &attributes, arguments, variables)
        guard code == 0 else {
            throw Failure(
                description: "\(command[0]) does not start: \(String(cString: strerror(code)))")
        }
        self.pid = pid
    }

    /// Exit status, or minus the signal. Again answers the same.
    @discardableResult
    func wait() -> CInt {
        if let status { return status }
        var raw: CInt = 0
        while waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
        let result = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
        status = result
        return result
    }

    func send(_ signal: CInt) { if status == nil { kill(pid, signal) } }

    deinit {
        send(SIGKILL)
        wait()
    }
}

/// A pipe whose ends are closed by `exec` of other children.
func closeOnExecPipe() -> (read: CInt, write: CInt) {
    var ends: [CInt] = [-1, -1]
    precondition(pipe(&ends) == 0, "no descriptors left for a pipe")
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

/// Everything until the end of the file.
func readAll(_ fd: CInt) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(fd, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return bytes
}
