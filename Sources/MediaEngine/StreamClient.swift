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
    /// Bytes of a sample that came in halves.
    private var odd: UInt8 = 0
    private var hasOdd = false

    init(number: UInt32, socket: FileDescriptor, writes: Bool, continuous: Bool) {
        self.number = number
        self.socket = socket
        self.writes = writes
        self.continuous = continuous
    }

    /// Reads up to `count` samples of 16 bit. 0 when none wait or the input ended. [engine]
    mutating func read(into samples: UnsafeMutablePointer<Int16>, count: Int) -> Int {
        guard writes, !inputEnded, !isGone, count > 0 else { return 0 }
        let bytes = UnsafeMutableRawPointer(samples).assumingMemoryBound(to: UInt8.self)
        let start = hasOdd ? 1 : 0
        if hasOdd { bytes[0] = odd }
        let size = recv(socket.raw, bytes + start, count * 2 - start, CInt(MSG_DONTWAIT))
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
        return total / 2
    }

    /// Writes what the socket takes; a reader that lags loses the rest, in time. [engine]
    mutating func write(_ samples: UnsafePointer<Int16>, count: Int) {
        guard !isGone else { return }
        let size = Glibc.send(
            socket.raw, samples, count * 2, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
        if size < 0 && errno != EAGAIN && errno != EINTR { isGone = true }
    }

    /// Samples written that the program has not read yet.
    var unreadSamples: Int {
        var bytes: CInt = 0
        guard ioctl(socket.raw, UInt(TIOCOUTQ), &bytes) == 0 else { return 0 }
        return Int(bytes) / 2
    }

    /// Tells the program that nothing more comes.
    func shutDown() { shutdown(socket.raw, CInt(SHUT_RDWR)) }
}
