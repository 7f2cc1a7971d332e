import EventLoop

/// The daemon's side of its plugins: knows which there are, starts and ends their hosts, opens sessions.
@LoopActor
public final class TransportHosting {
    private let launcher: any HostLauncher
    private let running = RunningHosts()
    private var catalogue: PluginCatalogue?
    /// One per version of a file that is current or still has sessions.
    private var slots: [FileIdentity: HostSlot] = [:]
    /// What was announced last, by id.
    private var announced: [String: (path: String, identity: FileIdentity)] = [:]
    /// Refusals that were announced, by path.
    private var announcedFaults: [String: String] = [:]
    private var failures: [FileIdentity: String] = [:]
    private var lastSession: UInt32 = 0
    private var tallies: [String: HostTally] = [:]
    /// The files and directories that config names for a plugin to read, asked when a host starts.
    public var configuredFiles: @LoopActor (TransportDescriptor) -> [String] = { _ in [] }
    private var settlers: [CheckedContinuation<Void, Never>] = []

    private let log: @LoopActor (TransportLogLevel, String, LogOrigin) -> Void
    private let onEvent: @LoopActor (CatalogueEvent) -> Void

    /// Looks into the directories once; files whose descriptor is in the cache can be used at once.
    ///
    /// - Parameters:
    ///   - directories: in order; absolute paths. One that is listed twice counts once.
    ///   - cacheDirectory: exists; nil for no cache.
    ///   - log: gets what is to be said of hosts and files, and what plugins say.
    ///   - onEvent: changes of the catalogue, from the first scan on.
    public init(
        launcher: any HostLauncher, directories: [TransportDirectory], cacheDirectory: String?,
        probeLimit: Duration = .seconds(5),
        log: @escaping @LoopActor (TransportLogLevel, String, LogOrigin) -> Void,
        onEvent: @escaping @LoopActor (CatalogueEvent) -> Void
    ) {
        self.launcher = launcher
        self.log = log
        self.onEvent = onEvent
        var seen: Set<String> = []
        let unique = directories.filter { seen.insert($0.path).inserted }
        catalogue = PluginCatalogue(
            directories: unique, cacheDirectory: cacheDirectory, launcher: launcher,
            hosts: running, probeLimit: probeLimit,
            warn: { log(.warning, $0, .daemon(about: nil)) }, log: { log($0, $1, .plugin(nil)) },
            onChange: { [weak self] in self?.catalogueChanged() })
        catalogueChanged()
    }

    /// Starts to load files that no cache knows, in throw-away hosts. Call when the daemon is ready.
    public func beginProbing() { catalogue?.beginProbing() }

    /// Whether every file was looked into: what is not in ``entries`` by then is not there.
    public var isSettled: Bool { catalogue?.isSettled ?? true }

    /// Each host process that there is, whatever for, by a name of its own: pings answered so far, and
    /// whether an answer or its end is awaited of it.
    public var liveliness: [(host: String, answered: UInt64, isAwaited: Bool)] {
        running.liveliness
    }

    /// Waits until every file was looked into, which takes no longer than a probe may.
    public func settled() async {
        while !isSettled { await withCheckedContinuation { settlers.append($0) } }
    }

    private func resumeSettlers() {
        let waiting = settlers
        settlers = []
        for settler in waiting { settler.resume() }
    }

    /// Looks at all directories anew and forgets failures.
    public func reload() {
        failures = [:]
        for slot in slots.values { slot.forgive() }
        announcedFaults = [:]
        catalogue?.scan(retrying: true)
    }

    // MARK: The catalogue

    /// Every path at which something was found, in the order of the search.
    public var entries: [CatalogueEntry] {
        return (catalogue?.items ?? []).map { item in
            let state: CatalogueEntry.State
            let served = item.served
            if let served {
                let claimant = catalogue?.claimant(served.descriptor.id)
                if let claimant, claimant.path != item.path {
                    state = .shadowed(by: claimant.path)
                } else {
                    let failure = failures[served.file.identity]
                    state = failure.map { .failed(reason: $0) } ?? .available
                }
            } else if let reason = item.fault {
                state = .refused(reason: reason)
            } else {
                state = .unknown
            }
            let hosts = slots.values.filter { $0.file.path == item.path && $0.process != nil }
            return CatalogueEntry(
                path: item.path, state: state, isTrusted: item.isTrusted,
                descriptor: served?.descriptor, hosts: hosts.count)
        }
    }

    /// What the plugin of this id is; nil when there is none.
    public func transport(_ id: String) -> TransportDescriptor? {
        catalogue?.winner(id)?.served?.descriptor
    }

    private func catalogueChanged() {
        defer { if isSettled { resumeSettlers() } }
        guard let catalogue else { return }
        var current: [String: (path: String, identity: FileIdentity)] = [:]
        var faults: [String: String] = [:]
        for item in catalogue.items {
            faults[item.path] = item.fault
            guard let id = item.served?.descriptor.id, current[id] == nil,
                let winner = catalogue.winner(id), let served = winner.served
            else { continue }
            current[id] = (winner.path, served.file.identity)
        }
        let before = announced
        let faultsBefore = announcedFaults
        announced = current
        announcedFaults = faults
        let identities = Set(catalogue.items.compactMap { $0.served?.file.identity })
        failures = failures.filter { identities.contains($0.key) }
        slots = slots.filter { identities.contains($0.key) || !$0.value.isIdle }

        for (id, old) in before.sorted(by: { $0.key < $1.key }) where current[id] == nil {
            onEvent(.removed(id: id, path: old.path))
        }
        for (id, new) in current.sorted(by: { $0.key < $1.key })
        where before[id]?.identity != new.identity {
            if let descriptor = transport(id) { onEvent(.added(descriptor, path: new.path)) }
        }
        for (path, reason) in faults.sorted(by: { $0.key < $1.key })
        where faultsBefore[path] != reason {
            onEvent(.failed(id: nil, path: path, reason: reason))
        }
    }

    /// What became of hosts, by the id of the transport.
    public var hostTallies: [String: HostTally] {
        var tallies = tallies
        for slot in slots.values {
            guard let process = slot.process else { continue }
            var tally = tallies[slot.descriptor.id] ?? HostTally()
            tally.running += 1
            tally.waitingBytes += process.waitingBytes
            tally.unreadAudioBytes += process.audio.unreadBytes
            tallies[slot.descriptor.id] = tally
        }
        return tallies
    }

    // MARK: Sessions

    /// Opens a session in the transport's host, which is started if it does not run. `connect` is next.
    public func open(
        _ id: String, delegate: any TransportSessionDelegate
    ) throws(TransportOpenError) -> TransportSession {
        guard let served = catalogue?.winner(id)?.served else { throw .unknownTransport(id) }
        lastSession += 1
        return try slot(for: served.file, served.descriptor)
            .open(number: lastSession, delegate: delegate)
    }

    private func slot(for file: PluginFile, _ descriptor: TransportDescriptor) -> HostSlot {
        if let slot = slots[file.identity] { return slot }
        let slot = HostSlot(
            file: file, descriptor: descriptor, launcher: launcher, running: running,
            delegate: self)
        slots[file.identity] = slot
        return slot
    }

    /// Stops watching and probing. Hosts leave when their sessions are destroyed, at the latest with the
    /// daemon.
    public func stop() {
        catalogue?.stop()
        resumeSettlers()
    }
}

extension TransportHosting: HostSlotDelegate {
    func slot(_ slot: HostSlot, logged level: TransportLogLevel, _ text: String) {
        log(level, text, .plugin(slot.descriptor.id))
    }

    func slotFailed(_ slot: HostSlot, reason: String) {
        failures[slot.file.identity] = reason
        onEvent(.failed(id: slot.descriptor.id, path: slot.file.path, reason: reason))
    }

    func slotStarted(_ slot: HostSlot) {
        tallies[slot.descriptor.id, default: HostTally()].starts += 1
    }

    func slot(_ slot: HostSlot, lost death: HostDeath) {
        tallies[slot.descriptor.id, default: HostTally()].deaths[death.kind, default: 0] += 1
        log(
            .error, "\(slot.descriptor.id): \(death.reason)",
            .daemon(about: slot.descriptor.id))
    }

    func readable(_ descriptor: TransportDescriptor) -> [String] { configuredFiles(descriptor) }

    func slotIsIdle(_ slot: HostSlot) {
        let isCurrent = announced[slot.descriptor.id]?.identity == slot.file.identity
        if !isCurrent { slots[slot.file.identity] = nil }
    }
}
