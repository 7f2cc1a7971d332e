import CLinux
import Configuration
import ControlProtocol
import EventLoop
import Gateway
import Glibc
import TransportHosting

/// parleyd: reads the configuration, starts the spawner before there is a second thread, and lets the
/// gateway work until a signal ends it.
@main
enum Parleyd {
    static let version = ProductVersion.text

    static func main() {
        let arguments: Arguments
        do throws(Arguments.Fault) {
            arguments = try Arguments(CommandLine.arguments.dropFirst())
        } catch {
            LogEntry.writeStartFailure(error.message)
            if !LogEntry.isForJournal { StandardError.write(Arguments.usage) }
            exit(2)
        }
        switch arguments.action {
        case .version: return print("parleyd \(version)")
        case .help: return print(Arguments.usage)
        case .check, .printConfig, .run: break
        }
        let sources = ConfigurationSources(file: arguments.config, logLevel: arguments.logLevel)
        let settings: Settings
        do throws(ConfigurationError) {
            settings = try Settings.load(from: sources)
        } catch {
            // EX_CONFIG of sysexits.h: a service manager need not try again.
            fail(error.description, status: arguments.action == .run ? 78 : 1)
        }
        switch arguments.action {
        case .check: return print(settings.checkReport, terminator: "")
        case .printConfig: return print(settings.printed, terminator: "")
        default: run(arguments, sources, settings)
        }
    }

    private static func run(
        _ arguments: Arguments, _ sources: ConfigurationSources, _ settings: Settings
    ) -> Never {
        // Nobody may read the memory of a process that holds keys, nor dump it.
        _ = parley_forbid_dumps()
        Sandbox.shareLibraryDirectories()
        // Before there is a child, which must not inherit them.
        let received = ReceivedSockets.takeAll()
        signal(SIGPIPE, SIG_IGN)
        var spawner: Spawner?
        do throws(HostLaunchError) {
            if arguments.hostSocket == nil {
                spawner = try Spawner(
                    program: try HostProgram.find(), sandbox: arguments.sandbox.rawValue)
            }
        } catch {
            fail(error.description, status: 1)
        }
        if let fault = Sandbox.enter(arguments.sandbox) { fail(fault, status: 1) }
        EventLoop.takeGlobalJobs()
        let status = LoopActor.bootstrap {
            Daemon.run(
                arguments: arguments, sources: sources, settings: settings, spawner: spawner,
                received: received)
        }
        exit(status)
    }

    static func fail(_ message: String, status: Int32) -> Never {
        LogEntry.writeStartFailure(message)
        exit(status)
    }
}
