import EventLoop

/// Why a probe does not know what a file is.
enum ProbeFailure: Error {
    case refused(Refusal)
    /// Nothing is known against the file.
    case notLaunched(HostLaunchError)
}

/// Loads unknown files in throw-away hosts to learn what they are, a few at a time.
@LoopActor
final class PluginProber {
    private static let atOnce = 2

    private let launcher: any HostLauncher
    private let hosts: RunningHosts
    private let limit: Duration
    private let log: @LoopActor (TransportLogLevel, String) -> Void
    private let report: @LoopActor (PluginFile, Result<TransportDescriptor, ProbeFailure>) -> Void
    private var waiting: [PluginFile] = []
    private var running: [FileIdentity: Probe] = [:]

    /// - Parameter log: gets what plugins say while they are looked into.
    init(
        launcher: any HostLauncher, hosts: RunningHosts, limit: Duration,
        log: @escaping @LoopActor (TransportLogLevel, String) -> Void,
        report: @escaping @LoopActor (PluginFile, Result<TransportDescriptor, ProbeFailure>) -> Void
    ) {
        self.launcher = launcher
        self.hosts = hosts
        self.limit = limit
        self.log = log
        self.report = report
    }

    var isIdle: Bool { waiting.isEmpty && running.isEmpty }

    /// Looks into a file, unless that is under way already.
    func probe(_ file: PluginFile) {
        guard running[file.identity] == nil,
            !waiting.contains(where: { $0.identity == file.identity })
        else { return }
        waiting.append(file)
        startNext()
    }

    /// Ends what is under way; nothing more is reported.
    func cancel() {
        waiting = []
        for probe in running.values { probe.process?.condemn(.finished, "the search has ended") }
        running = [:]
    }

    private func startNext() {
        while running.count < Self.atOnce, !waiting.isEmpty {
            let file = waiting.removeFirst()
            let probe = Probe(log: log) { [weak self] result in
                guard let self, self.running.removeValue(forKey: file.identity) != nil else {
                    return
                }
                self.report(file, result)
                self.startNext()
            }
            running[file.identity] = probe
            let name = file.path.split(separator: "/").last.map(String.init) ?? file.path
            do throws(HostLaunchError) {
                let process = try HostProcess(
                    launcher: launcher, among: hosts, name: "probe \(name)", file: file.descriptor,
                    helloLimit: limit)
                process.delegate = probe
                probe.process = process
            } catch {
                probe.end(.failure(.notLaunched(error)))
            }
        }
    }
}

/// One look into one file.
@LoopActor
private final class Probe: HostProcessDelegate {
    var process: HostProcess?
    private var onEnd: (@LoopActor (Result<TransportDescriptor, ProbeFailure>) -> Void)?
    private let log: @LoopActor (TransportLogLevel, String) -> Void

    init(
        log: @escaping @LoopActor (TransportLogLevel, String) -> Void,
        onEnd: @escaping @LoopActor (Result<TransportDescriptor, ProbeFailure>) -> Void
    ) {
        self.log = log
        self.onEnd = onEnd
    }

    func end(_ result: Result<TransportDescriptor, ProbeFailure>) {
        onEnd?(result)
        onEnd = nil
        process = nil
    }

    func host(_ host: HostProcess, loaded descriptor: TransportDescriptor) {
        host.finish()
        end(.success(descriptor))
    }

    func host(_ host: HostProcess, ended death: HostDeath, servedNs: UInt64?) {
        end(.failure(.refused(Refusal(death.reason))))
    }

    func host(_ host: HostProcess, created session: UInt32, isDone: Bool) {}
    func host(_ host: HostProcess, destroyed session: UInt32) {}
    func host(
        _ host: HostProcess, session: UInt32, audioPosition: UInt64, event: TransportEvent
    ) {}
    func host(_ host: HostProcess, logged level: TransportLogLevel, _ text: String) {
        log(level, text)
    }
}
