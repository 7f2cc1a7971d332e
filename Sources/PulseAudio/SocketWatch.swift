import CLinux
import EventLoop
import Glibc

/// Tells when something appears at one of several paths, by inotify on the directories: on the
/// nearest one that exists, when a path's own does not yet.
@LoopActor
final class SocketWatch {
    private let paths: [String]
    private let appeared: @LoopActor () -> Void
    private var descriptor: FileDescriptor?
    private var watch: Watch?
    /// By watch descriptor: the entries of that directory that matter.
    private var awaited: [CInt: Set<String>] = [:]

    /// - Parameter appeared: called for every event that matters, also when it was only a
    ///   directory.
    init(paths: [String], appeared: @escaping @LoopActor () -> Void) {
        self.paths = paths
        self.appeared = appeared
        arm()
    }

    private func arm() {
        watch?.cancel()
        watch = nil
        awaited = [:]
        let fd = inotify_init1(CInt(IN_CLOEXEC | IN_NONBLOCK))
        // Without inotify (its limit is reached) the tries by time remain.
        guard fd >= 0 else { return }
        descriptor = FileDescriptor(owning: fd)
        let mask = UInt32(IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB)
        for path in paths {
            guard let (directory, entry) = nearestDirectory(of: path) else { continue }
            let token = inotify_add_watch(fd, directory, mask)
            if token >= 0 { awaited[token, default: []].insert(entry) }
        }
        watch = EventLoop.shared.watchIfPossible(fd, for: .read) { [weak self] _ in self?.drain() }
    }

    /// The nearest directory above `path` that exists, and the name in it that leads to `path`.
    private func nearestDirectory(of path: String) -> (String, String)? {
        var components = path.split(separator: "/").map(String.init)
        while let entry = components.popLast() {
            let directory = "/" + components.joined(separator: "/")
            if access(directory, X_OK) == 0 { return (directory, entry) }
        }
        return nil
    }

    private func drain() {
        guard let fd = descriptor?.raw else { return }
        var matters = false
        var mustRearm = false
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            guard let base = buffer.baseAddress else { return }
            while case let size = read(fd, base, buffer.count), size > 0 {
                var offset = 0
                while offset + MemoryLayout<inotify_event>.size <= size {
                    let event = (base + offset).load(as: inotify_event.self)
                    let name = base + offset + MemoryLayout<inotify_event>.size
                    offset += MemoryLayout<inotify_event>.size + Int(event.len)
                    if event.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) != 0 {
                        mustRearm = true
                    } else if event.len > 0 {
                        let entry = String(cString: name.assumingMemoryBound(to: CChar.self))
                        if awaited[event.wd]?.contains(entry) == true { matters = true }
                    }
                }
            }
        }
        // A directory on the way may have come: watch as deep as it goes now.
        if matters || mustRearm { arm() }
        if matters { appeared() }
    }
}
