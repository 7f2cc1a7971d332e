import Glibc

/// Programs that end together, and with this process: a shell starts them, says their ids, and
/// kills them when its input ends.
final class ProcessGroup {
    private(set) var pids: [pid_t] = []
    private let shell: ChildProcess
    private let lifeline: CInt

    /// - Parameter awaiting: for each command the socket that must exist before it starts; or "".
    init(_ commands: [[String]], awaiting: [String], environment: [String: String]) throws {
        let quoted = commands.map { command in
            command.map { "'\($0)'" }.joined(separator: " ")
        }
        let starts = zip(quoted, awaiting).map { command, socket in
            let wait = socket.isEmpty ? "" : "while [ ! -S '\(socket)' ]; do sleep 0.01; done; "
            return "\(wait)\(command) >/dev/null 2>&1 & p=\"$p $!\"; echo $!"
        }
        let script = starts.joined(separator: "\n") + "\nread end\nkill -9 $p"
        let input = closeOnExecPipe()
        let output = closeOnExecPipe()
        lifeline = input.write
        shell = try ChildProcess(
            ["/bin/sh", "-c", script], environment: environment, input: input.read,
            output: output.write)
        close(input.read)
        close(output.write)
        defer { close(output.read) }
        var text = ""
        var byte: UInt8 = 0
        while pids.count < commands.count, read(output.read, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") {
                if let pid = pid_t(text) { pids.append(pid) }
                text = ""
            } else {
                text.append(Character(UnicodeScalar(byte)))
            }
        }
    }

    func signal(_ number: CInt) {
        for pid in pids { kill(pid, number) }
    }

    func kill9() {
        guard !pids.isEmpty else { return }
        signal(SIGKILL)
        pids = []
        close(lifeline)
        shell.wait()
    }

    deinit { kill9() }
}
