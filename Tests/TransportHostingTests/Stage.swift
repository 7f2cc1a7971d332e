import EventLoop
import Glibc
import JSON
import Testing

@testable import TransportHosting

/// A hosting with a real spawner over a workshop's directory, and a record of what it tells.
@LoopActor
final class Stage {
    let workshop: Workshop
    let spawner: Spawner
    private(set) var hosting: TransportHosting!
    let events = Record<CatalogueEvent>()
    let log = Record<String>()

    init(
        _ workshop: Workshop, directories: [TransportDirectory]? = nil,
        probeLimit: Duration = .seconds(5), isProbing: Bool = true
    ) throws {
        self.workshop = workshop
        spawner = try Spawner(program: try HostProgram.find())
        hosting = TransportHosting(
            launcher: SpawnerLauncher(spawner),
            directories: directories ?? [TransportDirectory(workshop.transports)],
            cacheDirectory: workshop.cache, probeLimit: probeLimit,
            log: { [log] level, text, origin in
                let plugin = if case .plugin(let id) = origin { " (\(id ?? "?"))" } else { "" }
                log.add("\(level): \(text)\(plugin)")
            },
            onEvent: { [events] in events.add($0) })
        if isProbing { hosting.beginProbing() }
    }

    /// Waits until a transport is there.
    func added(_ id: String, version: String? = nil) async throws {
        try await events.first {
            guard case .added(let descriptor, _) = $0 else { return false }
            return descriptor.id == id && (version == nil || descriptor.version == version)
        }
    }

    /// Waits until a file is refused, and answers why.
    func refusal(of path: String) async throws -> String {
        let event = try await events.first {
            if case .failed(_, path, _) = $0 { true } else { false }
        }
        guard case .failed(_, _, let reason) = event else { return "" }
        return reason
    }

    func open(_ id: String) throws -> (TransportSession, Witness) {
        let witness = Witness()
        return (try hosting.open(id, delegate: witness), witness)
    }

    /// Waits until every file was looked into.
    func settled() async throws {
        while !hosting.isSettled {
            await withCheckedContinuation { continuation in
                _ = EventLoop.shared.schedule(after: .milliseconds(5)) { continuation.resume() }
            }
        }
    }

    /// Opens a session, after the pause that the restart policy asks for.
    func openWhenAllowed(_ id: String) async throws -> (TransportSession, Witness) {
        do {
            return try open(id)
        } catch TransportOpenError.notBefore(let ns, _) {
            let nowNs = MonotonicClock.nowNs
            let left = Duration.nanoseconds(Int64(ns > nowNs ? ns - nowNs : 0))
            await withCheckedContinuation { continuation in
                _ = EventLoop.shared.schedule(after: left) { continuation.resume() }
            }
            return try open(id)
        }
    }

    /// Opens a session and waits until it is connected.
    func connected(
        _ id: String, options: JSONValue = [:]
    ) async throws -> (TransportSession, Witness) {
        let (session, witness) = try open(id)
        session.connect(options: options)
        try await witness.status(.connected)
        return (session, witness)
    }
}

extension TransportSession {
    func connect(options: JSONValue = [:]) {
        connect(
            options: options, config: [:], items: [], resume: false, attempt: 1, generation: 1)
    }
}

/// Hears a session.
@LoopActor
final class Witness: TransportSessionDelegate {
    let events = Record<TransportEvent>()

    func transport(
        _ session: TransportSession, told event: TransportEvent, audioPosition: UInt64
    ) { events.add(event) }

    func status(_ status: TransportStatus) async throws {
        try await events.first { $0 == .status(status) }
    }

    /// Waits for the end of the host.
    func death() async throws -> HostDeath {
        let event = try await events.first { if case .hostDied = $0 { true } else { false } }
        guard case .hostDied(let death) = event else { throw Workshop.Fault("\(event)") }
        return death
    }
}

/// What was told, in order; whoever waits for something gets it, whether it came before or comes now.
@LoopActor
final class Record<Element: Sendable> {
    private(set) var all: [Element] = []
    private var waiting: [(id: Int, check: () -> Bool)] = []
    private var lastID = 0

    nonisolated init() {}

    func add(_ element: Element) {
        all.append(element)
        waiting.removeAll { $0.check() }
    }

    func clear() { all = [] }

    /// The first element that matches. Fails after some seconds, which no sane run needs.
    @discardableResult
    func first(
        within limit: Duration = .seconds(20), where matches: @escaping (Element) -> Bool
    ) async throws -> Element {
        lastID += 1
        let id = lastID
        let found: Element? = await withCheckedContinuation { continuation in
            if let element = all.first(where: matches) {
                continuation.resume(returning: element)
                return
            }
            let timer = EventLoop.shared.schedule(after: limit) { [self] in
                guard waiting.contains(where: { $0.id == id }) else { return }
                waiting.removeAll { $0.id == id }
                continuation.resume(returning: nil)
            }
            waiting.append(
                (
                    id,
                    { [self] in
                        guard let element = all.last, matches(element) else { return false }
                        timer.cancel()
                        continuation.resume(returning: element)
                        return true
                    }
                ))
        }
        guard let found else {
            throw Workshop.Fault("what was waited for did not come; there are \(all.suffix(5))")
        }
        return found
    }
}

extension Witness {
    /// Gives a command and waits for its result.
    func answer(
        _ session: TransportSession, _ command: String, id: UInt32, arguments: JSONValue = [:]
    ) async throws -> JSONValue? {
        session.command(command, id: id, arguments: arguments)
        let event = try await events.first {
            if case .complete(id, _, _) = $0 { true } else { false }
        }
        guard case .complete(_, .done, let data) = event else { throw Workshop.Fault("\(event)") }
        return data
    }

    /// The process that a session of the hostile plugin lives in.
    func processID(_ session: TransportSession) async throws -> pid_t? {
        let answer = try await answer(session, "process", id: UInt32(1000 + events.all.count))
        return answer?["pid"]?.integerValue.flatMap { pid_t(exactly: $0) }
    }
}

/// Waits for the end of a process that is no child of ours.
@LoopActor
final class ProcessEnd {
    private let descriptor: FileDescriptor

    init(_ pid: pid_t) {
        // Glibc has the call, its Swift module has not.
        typealias Open = @convention(c) (pid_t, CUnsignedInt) -> CInt
        let open = unsafeBitCast(dlsym(nil, "pidfd_open"), to: Open.self)
        descriptor = FileDescriptor(owning: open(pid, 0))
    }

    func wait() async throws {
        let fd = descriptor.raw
        var watch: Watch?
        await withCheckedContinuation { continuation in
            watch = EventLoop.shared.watch(fd, for: .read) { _ in
                guard watch != nil else { return }
                watch?.cancel()
                watch = nil
                continuation.resume()
            }
        }
    }
}
