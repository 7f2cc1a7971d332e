import CLinux
import EventLoop
import Glibc

/// A program on the audio socket, after the greeting: raw little-endian samples both ways.
///
/// Made and freed on the control thread; in between only the engine touches it.
struct StreamClient: ~Copyable {
    let number: UInt32
    private let socket: FileDescriptor
    /// Whether its samples are the session's microphone; at most one client of a session is.
    let writes: Bool
    /// Whether silence is written in gaps.
    let continuous: Bool
    private(set) var inputEnded = false
    private(set) var isGone = false
    /// Whether a read may give something: ``ProgramWatch`` says so, a read that gives less takes it back.
    private var isReadable = false
    /// Whether the program has ended its input; what it wrote before may still wait.
    private var hasHungUp = false
    /// Samples that may be read now: grows with the clock up to ``aheadMs`` and shrinks as they are read.
    private(set) var credit: Int
    private let maximumCredit: Int
    /// Bytes of a sample that came in halves.
    private var odd: UInt8 = 0
    private var hasOdd = false
    /// The half of a sample that the socket did not take.
    private var cutByte: UInt8?
    private var log = WriteLog()

    /// How far a program may run ahead of real time.
    static var aheadMs: Int { 200 }

    init(number: UInt32, socket: FileDescriptor, rateHz: Int, writes: Bool, continuous: Bool) {
        self.number = number
        self.socket = socket
        self.writes = writes
        self.continuous = continuous
        maximumCredit = rateHz * Self.aheadMs / 1_000
        credit = maximumCredit
    }

    var descriptor: CInt { socket.raw }

    /// Something arrived, or the program writes no more. [engine]
    mutating func noteReadable(hasEnded: Bool) {
        isReadable = true
        if hasEnded { hasHungUp = true }
    }

    /// The socket is of no use any more. [engine]
    mutating func noteGone() { isGone = true }

    /// Time went on by `count` samples. [engine]
    mutating func grant(_ count: Int) { credit = min(credit + count, maximumCredit) }

    /// Reads up to `capacity` samples of 16 bit within the credit. 0 when none wait or the input
    /// ended. [engine]
    mutating func read(into samples: UnsafeMutablePointer<Int16>, capacity: Int) -> Int {
        let count = min(capacity, credit)
        guard writes, isReadable, !inputEnded, !isGone, count > 0 else { return 0 }
        let bytes = UnsafeMutableRawPointer(samples).assumingMemoryBound(to: UInt8.self)
        let start = hasOdd ? 1 : 0
        if hasOdd { bytes[0] = odd }
        let wanted = count * 2 - start
        let size = recv(socket.raw, bytes + start, wanted, CInt(MSG_DONTWAIT))
        // The end of the input comes with no further edge.
        if size < wanted && !hasHungUp { isReadable = false }
        guard size > 0 else {
            if size == 0 {
                inputEnded = true
            } else if errno != EAGAIN && errno != EINTR {
                isGone = true
            }
            return 0
        }
        let total = start + size
        hasOdd = total & 1 == 1
        if hasOdd { odd = bytes[total - 1] }
        credit -= total / 2
        return total / 2
    }

    /// Writes what the socket takes; a reader that lags loses the rest, in time, but never half a
    /// sample. [engine]
    ///
    /// - Parameter position: of the first sample on the session's time line.
    /// - Returns: samples that found no room.
    @discardableResult
    mutating func write(_ samples: UnsafePointer<Int16>, count: Int, position: Int64) -> Int {
        guard !isGone, count > 0 else { return 0 }
        guard finishCutSample() else { return isGone ? 0 : count }
        let before = log.isSettled(count) ? 0 : heldMemory
        let size = put(samples, count * 2)
        guard size > 0 else { return isGone ? 0 : count }
        let grown = log.isSettled(count) ? 0 : heldMemory - before
        log.add(position: position, samples: count, memory: grown)
        if size & 1 == 1 {
            cutByte = UnsafeRawPointer(samples).load(fromByteOffset: size, as: UInt8.self)
        }
        return count - (size + 1) / 2
    }

    /// Where the program is on the session's time line: before what the socket still holds.
    func heard(upTo timeline: Int64) -> Int64 {
        let held = heldMemory
        return held > 0 ? min(timeline, log.oldest(holding: held) ?? timeline) : timeline
    }

    /// Sends the second half of a sample before anything else. - Returns: whether it is gone.
    private mutating func finishCutSample() -> Bool {
        guard var byte = cutByte else { return true }
        guard put(&byte, 1) == 1 else { return false }
        cutByte = nil
        return true
    }

    private mutating func put(_ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        let size = Glibc.send(socket.raw, bytes, count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
        if size < 0 && errno != EAGAIN && errno != EINTR { isGone = true }
        return size
    }

    private var heldMemory: Int { socket.unreadBytes }

    /// Tells the program that nothing more comes.
    func shutDown() { shutdown(socket.raw, CInt(SHUT_RDWR)) }
}
