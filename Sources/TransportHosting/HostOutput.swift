import CLinux
import EventLoop
import Glibc

/// What a host prints, its plugin above all: standard output and error are a pipe to the daemon, which
/// makes lines of the log of it.
///
/// Who prints never waits: what comes while the pipe is full is lost. It is read in pieces with pauses, so one
/// that prints without end costs the control thread next to nothing, and one that is silent nothing at all.
@LoopActor
final class HostOutput {
    private static let pieceBytes = 16_384
    private static var pause: Duration { .milliseconds(100) }
    /// Of a pipe, by default: more can't lie in it.
    private static let pipeBytes = 65_536

    private let pipe: FileDescriptor
    private let onLine: @LoopActor (String) -> Void
    private var watch: Watch?
    private var lines = PrintedLines()
    private var isOver = false

    /// Both ends don't block.
    static func pipe() throws(HostLaunchError) -> (ours: FileDescriptor, theirs: FileDescriptor) {
        var ends: [CInt] = [-1, -1]
        guard parley_pipe(&ends) == 0 else { throw .noDescriptors(errno) }
        return (FileDescriptor(owning: ends[0]), FileDescriptor(owning: ends[1]))
    }

    /// - Parameter pipe: the end to read from.
    init(_ pipe: FileDescriptor, onLine: @escaping @LoopActor (String) -> Void) {
        self.pipe = pipe
        self.onLine = onLine
        listen()
    }

    private func listen() {
        // Without a watch to be had, what is printed is lost.
        watch = EventLoop.shared.watchIfPossible(pipe.raw, for: .read) { [weak self] _ in
            self?.serve()
        }
    }

    private func serve() {
        // Not by an empty interest: a hang-up is reported all the same.
        watch = nil
        guard read(Self.pieceBytes) != .end else { return }
        _ = EventLoop.shared.schedule(after: Self.pause) { [weak self] in
            guard let self, !isOver else { return }
            listen()
        }
    }

    /// The host has ended: tells what it left in the pipe.
    func finish() {
        guard !isOver else { return }
        isOver = true
        watch = nil
        var left = Self.pipeBytes
        while left > 0, read(Self.pieceBytes) == .some { left -= Self.pieceBytes }
        if let rest = lines.end() { onLine(rest) }
    }

    private enum Piece { case some, nothing, end }

    private func read(_ size: Int) -> Piece {
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { room in
            let count = Glibc.read(pipe.raw, room.baseAddress, room.count)
            guard count > 0 else { return count == 0 ? .end : .nothing }
            lines.take(UnsafeRawBufferPointer(rebasing: room[..<count])) { onLine($0) }
            return .some
        }
    }
}
