import ArgumentParser
import ControlProtocol
import Glibc

/// The command line of a running gateway.
struct Parleyctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parleyctl",
        abstract: "Talk to a running Parley gateway.",
        discussion: """
            The gateway is found by --socket, else $PARLEY_SOCKET, $XDG_RUNTIME_DIR/parley and \
            /run/parley. Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no daemon.
            """,
        version: "parleyctl \(version)",
        subcommands: [
            Status.self, Devices.self, Transports.self, Sessions.self, Create.self, Close.self,
            Restart.self, Say.self, SendEvent.self, Interrupt.self, Mute.self, PushToTalk.self,
            Audio.self, Watch.self, Call.self, Reload.self, ProvideSecret.self,
            Credential.self, Doctor.self,
            Completions.self,
        ])

    static let version = ProductVersion.text
}

@main
struct Main {
    static func main() {
        do {
            var command = try Parleyctl.parseAsRoot()
            try command.run()
        } catch {
            end(error)
        }
    }

    /// Says what happened and ends with the status that stands for it.
    private static func end(_ error: any Error) -> Never {
        if let error = error as? DaemonError {
            printError("parleyctl: \(error)")
            exit(error.exitStatus)
        }
        let status = Parleyctl.exitCode(for: error)
        let message = Parleyctl.fullMessage(for: error)
        if status.isSuccess {
            print(message)
            exit(0)
        }
        if !message.isEmpty { printError(message) }
        exit(status == .validationFailure ? 2 : 1)
    }
}

/// Writes a line to standard error.
func printError(_ line: String) { write(line, to: STDERR_FILENO) }

/// Writes a line at once.
func write(_ line: String, to fd: CInt) {
    var bytes = Array(line.utf8)
    bytes.append(UInt8(ascii: "\n"))
    _ = write(fd, bytes, bytes.count)
}
