import Glibc
import Synchronization

/// The system refused memory for audio.
public struct AudioMemoryError: Error, CustomStringConvertible {
    public let byteCount: Int
    public let code: CInt

    public var description: String {
        "No address space for \(byteCount) bytes of audio (\(String(cString: strerror(code)))). "
            + "Raise the process's limit of address space (LimitAS=)."
    }
}

/// Who may use the pages behind the first ``keptBytes``.
enum PlayoutTail {
    /// Nobody, and they are the system's.
    static var untouched: Int { @_noLocks get { 0 } }
    static var queue: Int { @_noLocks get { 1 } }
    /// Nobody any more, but the queue has used them.
    static var left: Int { @_noLocks get { 2 } }
    static var trimmer: Int { @_noLocks get { 3 } }

    /// These first bytes stay with the process once touched: a second and more of speech.
    static var keptBytes: Int { @_noLocks get { 65_536 } }
}

/// The pages behind a ``PlayoutQueue``: address space for all that it may ever hold, touched only where
/// speech really waits, so a queue that is mostly empty costs a few pages.
///
/// `Sendable` holds because the pages belong to the queue's thread, except those behind the first
/// ``PlayoutTail/keptBytes`` while ``tail`` says that the trimming side has them.
public final class PlayoutMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    let tail: UnsafeMutablePointer<Atomic<Int>>

    init(byteCount: Int) throws(AudioMemoryError) {
        let pages = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE,
            CInt(MAP_PRIVATE) | CInt(MAP_ANONYMOUS) | CInt(MAP_NORESERVE), -1, 0)
        guard let pages, pages != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw AudioMemoryError(byteCount: byteCount, code: errno)
        }
        base = pages
        self.byteCount = byteCount
        tail = .allocate(capacity: 1)
        tail.initialize(to: Atomic(PlayoutTail.untouched))
    }

    deinit {
        munmap(base, byteCount)
        tail.deinitialize(count: 1)
        tail.deallocate()
    }

    /// Whether ``trim()`` would give anything back. [thread-safe]
    public var hasLeftPages: Bool { tail.pointee.load(ordering: .relaxed) == PlayoutTail.left }

    /// Gives pages back to the system, unless speech waits in them. Call it when a session has been
    /// quiet for a while. An append that wants the pages meanwhile is answered `full`.
    /// - Returns: whether pages were given back.
    /// [control side]
    @discardableResult
    public func trim() -> Bool {
        let claim = tail.pointee.compareExchange(
            expected: PlayoutTail.left, desired: PlayoutTail.trimmer,
            ordering: .acquiringAndReleasing)
        guard claim.exchanged else { return false }
        madvise(base + PlayoutTail.keptBytes, byteCount - PlayoutTail.keptBytes, MADV_DONTNEED)
        tail.pointee.store(PlayoutTail.untouched, ordering: .releasing)
        return true
    }
}
