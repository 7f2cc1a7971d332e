import EventLoop

/// Which plugins there are: looks into the directories, asks the cache or a probe what each file is, and
/// decides which file stands for an id.
@LoopActor
final class PluginCatalogue {
    enum Knowledge {
        case unknown
        case plugin(TransportDescriptor)
        case refused(String)
        /// No host could be started to look into it, and why; it will be tried again.
        case notProbed(String)
    }

    struct Item {
        let path: String
        let isTrusted: Bool
        /// Nil where the file may not be opened.
        let file: PluginFile?
        var knowledge: Knowledge
        /// What was at this path before, while the file that replaced it is looked into.
        var predecessor: (file: PluginFile, descriptor: TransportDescriptor)?

        var directory: Substring { path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
        var name: Substring { path[directory.endIndex...].drop { $0 == "/" } }

        /// What new sessions use.
        var served: (file: PluginFile, descriptor: TransportDescriptor)? {
            switch knowledge {
            case .unknown, .notProbed: predecessor
            case .refused: nil
            case .plugin(let descriptor): file.map { ($0, descriptor) }
            }
        }

        /// Whether a look into it, which is still to come, may make it one that is served.
        var mayBeServed: Bool {
            switch knowledge {
            case .unknown, .notProbed: true
            case .plugin, .refused: false
            }
        }

        /// Why it can't be used; nil where it can or is not known yet.
        var fault: String? {
            switch knowledge {
            case .unknown, .plugin: nil
            case .refused(let reason), .notProbed(let reason): reason
            }
        }
    }

    /// In the order of the search.
    private(set) var items: [Item] = []
    private let directories: [TransportDirectory]
    private let prober: PluginProber
    private var cache: DescriptorCache
    private var isProbing = false
    private var watcher: DirectoryWatcher?
    private var rescan: LoopTimer?
    private var nextTry: LoopTimer?
    private var retryDelay = PluginCatalogue.firstRetryDelay
    private let onChange: @LoopActor () -> Void
    private let warn: @LoopActor (String) -> Void

    /// After a change in a directory, before it is looked at: a package brings several files.
    static let settleTime: Duration = .milliseconds(20)
    /// After a host could not be started; doubles with each time.
    private static var firstRetryDelay: Duration { .seconds(1) }
    private static var maximumRetryDelay: Duration { .seconds(60) }

    /// - Parameters:
    ///   - log: gets what plugins say while they are looked into.
    ///   - onChange: ``items`` may be others now.
    init(
        directories: [TransportDirectory], cacheDirectory: String?, launcher: any HostLauncher,
        hosts: RunningHosts, probeLimit: Duration, warn: @escaping @LoopActor (String) -> Void,
        log: @escaping @LoopActor (TransportLogLevel, String) -> Void,
        onChange: @escaping @LoopActor () -> Void
    ) {
        self.directories = directories
        self.warn = warn
        self.onChange = onChange
        cache = DescriptorCache(directory: cacheDirectory, warn: warn)
        let relay = ProbeRelay()
        prober = PluginProber(launcher: launcher, hosts: hosts, limit: probeLimit, log: log) {
            relay.catalogue?.learn($0, $1)
        }
        relay.catalogue = self
        watcher = DirectoryWatcher(directories.map(\.path)) { [weak self] in self?.scheduleScan() }
        if watcher?.isWatching != true {
            warn("new plugins are found at gateway.reload only: the kernel has no watches left")
        }
        scan()
    }

    @LoopActor private final class ProbeRelay { weak var catalogue: PluginCatalogue? }

    /// Whether every file was looked into.
    var isSettled: Bool { isProbing && prober.isIdle && rescan == nil }

    /// The item that serves an id.
    func winner(_ id: String) -> Item? {
        claimant(id).flatMap { $0.served?.descriptor.id == id ? $0 : nil }
    }

    /// The item that stands for an id: the first directory's that has one, and within a directory the file
    /// that is called as the id before any other. While that file is not looked into yet it stands for the
    /// id, too: another must not get what is meant for it, such as a key.
    func claimant(_ id: String) -> Item? {
        guard let place = items.firstIndex(where: { $0.served?.descriptor.id == id }) else {
            return nil
        }
        let first = items[place]
        let neighbours = items[place...].prefix { $0.directory == first.directory }
        let namesake = items[..<(place + neighbours.count)].first {
            $0.name == "\(id).so" && ($0.served.map { $0.descriptor.id == id } ?? $0.mayBeServed)
        }
        return namesake ?? first
    }

    /// From now on unknown files are loaded in throw-away hosts.
    func beginProbing() {
        isProbing = true
        probeUnknown()
        onChange()
    }

    func stop() {
        watcher = nil
        rescan?.cancel()
        rescan = nil
        nextTry?.cancel()
        nextTry = nil
        prober.cancel()
    }

    private func scheduleScan() {
        guard rescan == nil else { return }
        rescan = EventLoop.shared.schedule(after: Self.settleTime) { [weak self] in
            self?.rescan = nil
            self?.scan()
        }
    }

    /// Looks at all directories anew.
    /// - Parameter retrying: files that can't be used after a look into them get another chance.
    func scan(retrying: Bool = false) {
        var known: [FileIdentity: Knowledge] = [:]
        for item in items {
            guard let file = item.file else { continue }
            if retrying, item.fault != nil { continue }
            known[file.identity] = item.knowledge
        }
        let before = items.reduce(into: [:]) { $0[$1.path] = $1.served }
        var seen: Set<FileIdentity.Place> = []
        items = directories.flatMap { directory in
            search(directory, &seen) { identity in
                if let knowledge = known[identity] { return knowledge }
                return cache[identity].map { .plugin($0) } ?? .unknown
            }
        }
        for index in items.indices {
            switch items[index].knowledge {
            case .unknown, .notProbed: items[index].predecessor = before[items[index].path]
            case .plugin, .refused: break
            }
        }
        if isProbing { probeUnknown() }
        onChange()
    }

    /// - Parameter seen: directories that were searched before this one, under whatever name.
    private func search(
        _ directory: TransportDirectory, _ seen: inout Set<FileIdentity.Place>,
        _ recall: (FileIdentity) -> Knowledge
    ) -> [Item] {
        func refused(_ path: String, _ refusal: Refusal) -> Item {
            Item(
                path: path, isTrusted: directory.isTrusted, file: nil,
                knowledge: .refused(refusal.description))
        }
        do throws(Refusal) {
            guard let opened = try PluginDirectory(directory), seen.insert(opened.place).inserted
            else { return [] }
            return try opened.names().compactMap { name in
                do throws(Refusal) {
                    guard let file = try opened.open(name) else { return nil }
                    return Item(
                        path: file.path, isTrusted: directory.isTrusted, file: file,
                        knowledge: recall(file.identity))
                } catch {
                    return refused("\(directory.path)/\(name)", error)
                }
            }
        } catch {
            return [refused(directory.path, error)]
        }
    }

    private func probeUnknown() {
        for item in items {
            if case .unknown = item.knowledge, let file = item.file { prober.probe(file) }
        }
    }

    private func learn(
        _ file: PluginFile, _ result: Result<TransportDescriptor, ProbeFailure>
    ) {
        let knowledge: Knowledge
        switch result {
        case .success(let descriptor): knowledge = .plugin(descriptor)
        case .failure(.refused(let refusal)): knowledge = .refused(refusal.description)
        case .failure(.notLaunched(let error)) where error.mayPass:
            knowledge = .notProbed(error.description)
            probeAgainLater()
        case .failure(.notLaunched(let error)): knowledge = .refused(error.description)
        }
        for index in items.indices where items[index].file?.identity == file.identity {
            items[index].knowledge = knowledge
        }
        if case .success(let descriptor) = result {
            retryDelay = Self.firstRetryDelay
            cache.insert(descriptor, for: file.identity)
            let fault = cache.save(keeping: Set(items.compactMap { $0.file?.identity }))
            if let fault { warn(fault) }
        }
        onChange()
    }

    private func probeAgainLater() {
        guard nextTry == nil else { return }
        nextTry = EventLoop.shared.schedule(after: retryDelay) { [weak self] in
            guard let self else { return }
            nextTry = nil
            for index in items.indices {
                guard case .notProbed = items[index].knowledge else { continue }
                items[index].knowledge = .unknown
            }
            probeUnknown()
        }
        retryDelay = min(retryDelay * 2, Self.maximumRetryDelay)
    }
}
