import CLinux
import EventLoop
import Glibc

/// What a ``HostSlot`` tells the hosting.
@LoopActor
protocol HostSlotDelegate: AnyObject {
    func slot(_ slot: HostSlot, logged level: TransportLogLevel, _ text: String)
    /// The host died too often: nothing is started any more.
    func slotFailed(_ slot: HostSlot, reason: String)
    /// The files and directories that config names for the plugin to read.
    func readable(_ descriptor: TransportDescriptor) -> [String]
    /// The last session is gone.
    func slotIsIdle(_ slot: HostSlot)
    /// A host was started.
    func slotStarted(_ slot: HostSlot)
    /// A host that was needed is dead.
    func slot(_ slot: HostSlot, lost death: HostDeath)
}

/// The place of one version of a plugin's file: at most one host process serves it, started when a
/// session needs it, let go when the last one has ended.
@LoopActor
final class HostSlot {
    let file: PluginFile
    let descriptor: TransportDescriptor
    private(set) var process: HostProcess?
    private(set) var policy = RestartPolicy()
    private(set) var lastDeath: HostDeath?
    /// By number: those that are open, and nil for those whose end the host has not confirmed yet.
    private var sessions: [UInt32: TransportSession?] = [:]

    private let launcher: any HostLauncher
    private let running: RunningHosts
    private weak var delegate: (any HostSlotDelegate)?

    init(
        file: PluginFile, descriptor: TransportDescriptor, launcher: any HostLauncher,
        running: RunningHosts, delegate: any HostSlotDelegate
    ) {
        self.file = file
        self.descriptor = descriptor
        self.launcher = launcher
        self.running = running
        self.delegate = delegate
    }

    var isIdle: Bool { sessions.isEmpty }

    /// Opens a session, and starts the host if there is none.
    func open(
        number: UInt32, delegate: any TransportSessionDelegate
    ) throws(TransportOpenError) -> TransportSession {
        let process = try runningProcess()
        let session = TransportSession(
            number: number, descriptor: descriptor, audio: process.audio, host: self,
            delegate: delegate)
        sessions[number] = .some(session)
        return session
    }

    private func runningProcess() throws(TransportOpenError) -> HostProcess {
        if let process { return process }
        switch policy.permission(nowNs: MonotonicClock.nowNs) {
        case .now: break
        case .notBefore(let ns): throw .notBefore(ns: ns, lastDeath?.reason ?? "the plugin failed")
        case .failed: throw .failed(descriptor.id, lastDeath?.reason ?? "the plugin failed")
        }
        do throws(HostLaunchError) {
            let process = try HostProcess(
                launcher: launcher, among: running, name: descriptor.id, file: file.descriptor,
                readable: openReadable())
            process.delegate = self
            self.process = process
            delegate?.slotStarted(self)
            return process
        } catch {
            throw .launch(error)
        }
    }

    /// By descriptor, so that a host is told nothing about names. What is not there is not granted: the
    /// plugin says what it misses.
    private func openReadable() -> [FileDescriptor] {
        (delegate?.readable(descriptor) ?? []).compactMap { path in
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            let raw = parley_open_path(AT_FDCWD, resolved, 0)
            return raw >= 0 ? FileDescriptor(owning: raw) : nil
        }
    }

    /// Forgets earlier deaths.
    func forgive() { policy = RestartPolicy() }

    /// A session is not needed any more; the host goes on to work until it says so too.
    func sessionDestroyed(_ number: UInt32) {
        guard sessions[number] != nil else { return }
        sessions[number] = .some(nil)
    }

    private func forget(_ number: UInt32) {
        sessions[number] = nil
        guard sessions.isEmpty else { return }
        process?.finish()
        process = nil
        delegate?.slotIsIdle(self)
    }
}

extension HostSlot: HostProcessDelegate {
    func host(_ host: HostProcess, loaded descriptor: TransportDescriptor) {
        guard descriptor.id != self.descriptor.id else { return }
        host.condemn(
            .refused,
            "the plugin calls itself \(descriptor.id) now, and \(self.descriptor.id) before")
    }

    func host(_ host: HostProcess, created session: UInt32, isDone: Bool) {
        guard !isDone, host === process, let session = sessions[session] ?? nil else { return }
        session.deliver(
            .status(
                .disconnected(
                    .never, code: "transport_refused",
                    reason: "the transport could not make a session; the log may say why")),
            audioPosition: 0)
    }

    func host(_ host: HostProcess, destroyed session: UInt32) {
        // Only one that was asked to: a host can't take sessions away.
        guard host === process, let entry = sessions[session] else { return }
        guard entry == nil else {
            host.condemn(.violation, "the plugin's host ended a session that was not to end")
            return
        }
        forget(session)
    }

    func host(
        _ host: HostProcess, session: UInt32, audioPosition: UInt64, event: TransportEvent
    ) {
        guard host === process, let session = sessions[session] ?? nil else { return }
        session.deliver(event, audioPosition: audioPosition)
    }

    func host(_ host: HostProcess, logged level: TransportLogLevel, _ text: String) {
        delegate?.slot(self, logged: level, text)
    }

    func host(_ host: HostProcess, ended death: HostDeath, servedNs: UInt64?) {
        guard host === process else { return }  // it had been let go
        process = nil
        lastDeath = death
        policy.hostDied(servedNs: servedNs, nowNs: MonotonicClock.nowNs)
        delegate?.slot(self, lost: death)
        let ended = sessions
        sessions = [:]
        if policy.hasFailed { delegate?.slotFailed(self, reason: death.reason) }
        for (_, session) in ended.sorted(by: { $0.key < $1.key }) { session?.hostDied(death) }
        if sessions.isEmpty { delegate?.slotIsIdle(self) }
    }
}
