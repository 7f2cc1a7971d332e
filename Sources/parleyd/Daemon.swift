import Configuration
import Control
import ControlProtocol
import EventLoop
import Gateway
import Glibc
import TransportHosting

/// Puts the parts together and lets them run.
@LoopActor
final class Daemon {
    /// How long ending may take in all.
    static var stopLimit: Duration { .milliseconds(800) }

    private let log: Log
    private let gateway: Gateway
    /// Follows the configuration when it is read again.
    private var access: SocketAccess
    private var listeners: [UnixListener] = []
    private var signals: SignalSource?
    private var audioDoor: AudioDoor?
    private let metricsServer: MetricsServer
    /// Held as long as the daemon lives: one per runtime directory.
    private var lock: FileDescriptor?
    private var isStopping = false
    private var exitStatus: Int32 = 0
    private let received: ReceivedSockets
    private let service: ServiceReport

    /// Runs until a signal ends it.
    ///
    /// - Returns: the exit status.
    static func run(
        arguments: Arguments, sources: ConfigurationSources, settings: Settings, spawner: Spawner?,
        received: ReceivedSockets
    ) -> Int32 {
        let daemon: Daemon
        do {
            daemon = try Daemon(arguments, sources, settings, spawner, received)
            try daemon.listen(RuntimeDirectory.path(arguments, sources.environment))
        } catch let fault as RuntimeDirectory.Fault {
            LogEntry.writeStartFailure(fault.message)
            return 1
        } catch {
            LogEntry.writeStartFailure("\(error)")
            return 1
        }
        daemon.gateway.start()
        daemon.service.serving()
        EventLoop.shared.run()
        return daemon.exitStatus
    }

    private init(
        _ arguments: Arguments, _ sources: ConfigurationSources, _ settings: Settings,
        _ spawner: Spawner?, _ received: ReceivedSockets
    ) throws {
        let log = Log(level: settings.logging.level)
        self.log = log
        self.received = received
        for fault in received.faults { log.write(.warning, fault) }
        for warning in settings.warnings { log.write(.warning, warning.description) }
        if arguments.sandbox == .off {
            log.write(
                .warning,
                "THE SANDBOX IS OFF: plugins can do whatever this user can, as --sandbox off wants it"
            )
        }
        // The signals are blocked before any thread exists that could take them.
        signals = SignalSource([SIGTERM, SIGINT, SIGHUP]) { _ in }
        let directories = settings.transportDirectories(
            flags: arguments.transportDirectories, trusted: arguments.trustedDirectories,
            prefix: "\(HostProgram.directoryOfRunningProgram)/..",
            workingDirectory: Self.workingDirectory, sources: sources)
        let spawnerEnds = SpawnerEnds()
        gateway = try Gateway(
            settings: settings, version: Parleyd.version,
            launcher: Self.launcher(arguments, spawner) { spawnerEnds.handler() },
            directories: directories.map { .init($0.path, isTrusted: $0.isTrusted) },
            cacheDirectory: RuntimeDirectory.cache(sources.environment),
            reload: {
                do throws(ConfigurationError) {
                    return .success(try Settings.load(from: sources))
                } catch {
                    return .failure(error)
                }
            },
            log: { log.write($0, $1, about: $2) })
        metricsServer = MetricsServer(registry: gateway.metrics)
        service = ServiceReport(gateway: gateway, log: log)
        access = SocketAccess(settings.control)
        gateway.onSettings = { [weak self] settings in
            log.level = settings.logging.level
            self?.access = SocketAccess(settings.control)
        }
        signals = SignalSource([SIGTERM, SIGINT, SIGHUP]) { [weak self] signal in
            self?.take(signal)
        }
        spawnerEnds.handler = { [weak self] in self?.spawnerEnded() }
    }

    /// Lets the launcher, which the gateway is made with, reach the daemon, which is made with the gateway.
    @LoopActor private final class SpawnerEnds {
        var handler: @LoopActor () -> Void = {}
    }

    /// Hosts are started by the spawner, or else by systemd.
    private static func launcher(
        _ arguments: Arguments, _ spawner: Spawner?, onLost: @escaping @LoopActor () -> Void
    ) -> any HostLauncher {
        guard let spawner else { return UnitLauncher(path: arguments.hostSocket ?? "") }
        return SpawnerLauncher(spawner, onLost: onLost)
    }

    /// All hosts went with it, and this process may start no other: better to be started anew than to be deaf.
    private func spawnerEnded() {
        guard !isStopping else { return }
        log.write(
            .error, "the spawner of transport hosts has ended: parleyd ends, to be started again",
            about: LogSubject(event: "spawner_ended"))
        end(status: 1)
    }

    private static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    private func listen(_ directory: String) throws {
        try RuntimeDirectory.prepare(directory)
        lock = try RuntimeDirectory.lock(directory)
        let gateway = gateway
        let door = AudioDoor { request, socket in gateway.admit(request, socket) }
        audioDoor = door
        door.isAllowed = { [weak self] in self?.access.allows($0, on: \.audio) == true }
        gateway.server.isAllowed = { [weak self] role, peer in
            self?.access.allows(peer, on: role == .control ? \.control : \.monitor) == true
        }
        let metricsServer = metricsServer
        metricsServer.isAllowed = { [weak self] in
            self?.access.allows($0, on: \.metrics) == true
        }
        #if DEBUG
            gateway.server.audit.report = { [log] in log.write(.error, "protocol: \($0)") }
        #endif
        let control = try listeners("control", directory) {
            gateway.server.accept($0, role: .control)
        }
        let monitor = try listeners("monitor", directory) {
            gateway.server.accept($0, role: .monitor)
        }
        let audio = try listeners("audio", directory) { door.accept($0) }
        let metrics = try listeners("metrics", directory) { metricsServer.accept($0) }
        listeners = control + monitor + audio + metrics
        access.assignGroups(
            directory, except: { [received] in !received[$0].isEmpty },
            complain: { [log] in log.write(.warning, $0) })
    }

    /// The sockets of a name that the service manager opened, else one of our own.
    private func listeners(
        _ name: String, _ directory: String, onClient: @escaping @LoopActor (FileDescriptor) -> Void
    ) throws(ListenError) -> [UnixListener] {
        let path = "\(directory)/\(name).sock"
        let complain: @LoopActor (String) -> Void = { [log] in log.write(.warning, "\(path): \($0)")
        }
        let given = received[name]
        guard given.isEmpty else {
            return given.map { UnixListener(adopting: $0, log: complain, onClient: onClient) }
        }
        return [try UnixListener(path: path, log: complain, onClient: onClient)]
    }

    private func take(_ signal: CInt) {
        guard signal != SIGHUP else {
            gateway.reloadAndReport()
            return
        }
        end(status: 0)
    }

    private func end(status: Int32) {
        guard !isStopping else { return }
        isStopping = true
        exitStatus = status
        service.stopping(sessions: gateway.sessionCount)
        for listener in listeners { listener.close() }
        audioDoor?.close()
        metricsServer.close()
        Task { @LoopActor in
            await gateway.stop(limit: Self.stopLimit)
            EventLoop.shared.stop()
        }
    }
}
