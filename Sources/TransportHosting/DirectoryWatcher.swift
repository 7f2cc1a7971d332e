import CLinux
import EventLoop
import Glibc

/// Tells when something in one of several directories changed, also in one that does not exist yet: then
/// the nearest directory above it is watched.
@LoopActor
final class DirectoryWatcher {
    private let paths: [String]
    private let onChange: @LoopActor () -> Void
    private let inotify: FileDescriptor?
    private var watch: Watch?
    /// The kernel's number of the watch that each path has now.
    private var watches: [Int32?]
    /// The directory that is watched for each path: itself or one above it.
    private var watchedPaths: [String?]

    private static let inDirectory =
        UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_DELETE)
        | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)
    private static let above =
        UInt32(IN_CREATE) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF)

    /// - Parameter onChange: look at all of them again. May be called without a change.
    init(_ paths: [String], onChange: @escaping @LoopActor () -> Void) {
        self.paths = paths
        self.onChange = onChange
        watches = Array(repeating: nil, count: paths.count)
        watchedPaths = Array(repeating: nil, count: paths.count)
        let raw = inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK))
        inotify = raw >= 0 ? FileDescriptor(owning: raw) : nil
        guard raw >= 0 else { return }
        watch = EventLoop.shared.watchIfPossible(raw, for: .read) { [weak self] _ in
            self?.receive()
        }
        for index in paths.indices { arm(index) }
    }

    /// False when the kernel has no more watches to give: then only a reload finds new files.
    var isWatching: Bool { watch != nil && !watches.contains(nil) }

    /// Watches the directory, or the nearest one above it that exists.
    private func arm(_ index: Int) {
        guard let inotify else { return }
        let target = paths[index]
        for _ in 0..<64 {  // the tree may change under our eyes
            guard let place = Self.nearestExisting(target) else { return }
            let mask = (place == target ? Self.inDirectory : Self.above) | UInt32(IN_MASK_ADD)
            let number = inotify_add_watch(inotify.raw, place, mask | UInt32(IN_ONLYDIR))
            if number < 0, errno == ENOENT || errno == ENOTDIR { continue }
            let old = watches[index]
            watches[index] = number >= 0 ? number : nil
            watchedPaths[index] = place
            if let old, old != number, !watches.contains(old) { inotify_rm_watch(inotify.raw, old) }
            if number < 0 || Self.nearestExisting(target) == place { return }
        }
    }

    private static func nearestExisting(_ path: String) -> String? {
        var place = path
        while true {
            var status = stat()
            if stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return place }
            guard let slash = place.lastIndex(of: "/"), place != "/" else { return nil }
            place = slash == place.startIndex ? "/" : String(place[..<slash])
        }
    }

    private func receive() {
        guard let inotify else { return }
        var isChanged = false
        withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 8) { room in
            while true {
                let size = read(inotify.raw, room.baseAddress, room.count)
                guard size > 0 else { break }
                isChanged = true
            }
        }
        guard isChanged else { return }
        // Which event it was does not matter: whoever looks again sees what there is, and events that
        // the kernel had no room for are no loss.
        var concernsUs = false
        for index in paths.indices {
            let before = watchedPaths[index]
            if before == paths[index] { concernsUs = true }
            arm(index)
            if watchedPaths[index] == paths[index], before != paths[index] { concernsUs = true }
        }
        if concernsUs { onChange() }
    }
}
