import CLinux
import EventLoop
import Glibc
import Testing

@Suite struct EventLoopTests {
    init() { EventLoop.startThread() }

    @Test func jobsRunOnTheLoopThreadInOrder() async {
        #expect(!EventLoop.shared.isCurrent)
        let order = await withCheckedContinuation { continuation in
            EventLoop.shared.post { Recorder.shared.marks = [EventLoop.shared.isCurrent ? 1 : 0] }
            EventLoop.shared.post { Recorder.shared.marks.append(2) }
            EventLoop.shared.post { continuation.resume(returning: Recorder.shared.marks) }
        }
        #expect(order == [1, 2])
    }

    @LoopActor @Test func timersFireByDeadlineAndCancelledOnesNever() async {
        var fired: [Int] = []
        await withCheckedContinuation { continuation in
            _ = EventLoop.shared.schedule(after: .milliseconds(20)) {
                fired.append(2)
                continuation.resume()
            }
            let cancelled = EventLoop.shared.schedule(after: .milliseconds(10)) { fired.append(9) }
            _ = EventLoop.shared.schedule(after: .milliseconds(5)) { fired.append(1) }
            cancelled.cancel()
        }
        #expect(fired == [1, 2])
    }

    /// epoll(7) takes no regular files: as a kernel that has no watch left.
    @LoopActor @Test func aWatchThatCannotBeIsNoneAndSaysWhy() {
        var path = Array("/tmp/parley-watch-XXXXXX".utf8CString)
        let file = FileDescriptor(owning: mkstemp(&path))
        unlink(path)
        let watch = EventLoop.shared.watchIfPossible(file.raw, for: .read) { _ in }
        #expect(watch == nil)
        #expect(errno == EPERM)
    }

    @LoopActor @Test func aWatchReportsDataAndHangUpUntilCancelled() async {
        var ends: [CInt] = [-1, -1]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        let mine = FileDescriptor(owning: ends[0])
        var seen: [Readiness] = []
        await withCheckedContinuation { continuation in
            var watch: Watch?
            watch = EventLoop.shared.watch(mine.raw, for: .read) { ready in
                seen.append(ready)
                var byte: UInt8 = 0
                if read(mine.raw, &byte, 1) == 0 {
                    watch?.cancel()
                    watch = nil
                    continuation.resume()
                }
            }
            var byte: UInt8 = 7
            write(ends[1], &byte, 1)
            close(ends[1])
        }
        #expect(seen.first?.contains(.read) == true)
        #expect(seen.last?.contains(.hangUp) == true)
    }
}

@LoopActor private final class Recorder {
    static let shared = Recorder()
    var marks: [Int] = []
}
