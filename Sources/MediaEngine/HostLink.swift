import AudioCore
import CLinux
import CParleyWire
import EventLoop
import Glibc
import Synchronization

/// The engine's end of a host's audio socket, shared by all sessions of that host.
///
/// Frames to the host are staged and leave together, so that the host wakes once for the frames of
/// many sessions. Whoever stages calls ``flush()`` before the engine's turn ends.
///
/// Made and freed on the control thread; in between only the engine touches it.
struct HostLink: ~Copyable {
    /// Frames that leave at once at the most.
    private static var batch: Int { Int(PARLEY_PACKETS_MAX) }
    /// How long a frame may wait for others to be encoded.
    private static var patienceNs: UInt64 { 1_000_000 }
    /// Between two doubts about a host that takes nothing.
    private static var doubtPauseNs: UInt64 { 1_000_000_000 }

    /// Whom a staged frame belongs to. The meters outlive the engine's turn.
    private struct Note {
        var meters: Unmanaged<SessionMeters>
        var newestSampleNs: UInt64
    }

    let number: UInt32
    /// Keeps the descriptor open for as long as the engine uses it.
    private let socket: FileDescriptor
    private let packet: UnsafeMutableRawPointer
    private(set) var hasEnded = false
    private var budget = ReadBudget()
    /// A frame had to be dropped: whoever should read the socket may hang.
    private var isInDoubt = false
    private var doubtedNs: UInt64 = 0

    /// Staged packets, one behind the other.
    private let staging: UnsafeMutableRawPointer
    private var stagedBytes = 0
    private var stagedCount = 0
    /// When the first of them was staged.
    private var stagedNs: UInt64 = 0
    private let vectors: UnsafeMutablePointer<iovec>
    private let notes: UnsafeMutablePointer<Note>

    init(number: UInt32, socket: FileDescriptor) {
        self.number = number
        self.socket = socket
        packet = .allocate(byteCount: Int(PARLEY_WIRE_MESSAGE_MAX), alignment: 16)
        staging = .allocate(byteCount: Int(PARLEY_WIRE_MESSAGE_MAX), alignment: 16)
        vectors = .allocate(capacity: Self.batch)
        vectors.initialize(repeating: iovec(), count: Self.batch)
        notes = .allocate(capacity: Self.batch)
    }

    deinit {
        packet.deallocate()
        staging.deallocate()
        vectors.deallocate()
        notes.deallocate()
    }

    // MARK: To the host

    /// Room for the audio of the next frame to stage. [engine, never blocks]
    ///
    /// - Parameter size: bytes, at most `PARLEY_FRAME_DATA_MAX`.
    mutating func payload(size: Int) -> UnsafeMutablePointer<UInt8> {
        let needed = AudioPacket.headerSize + size
        let isFull =
            stagedCount == Self.batch || stagedBytes + needed > Int(PARLEY_WIRE_MESSAGE_MAX)
        let nowNs = MonotonicClock.nowNs
        if isFull || (stagedCount > 0 && nowNs > stagedNs + Self.patienceNs) { flush() }
        if stagedCount == 0 { stagedNs = nowNs }
        return (staging + stagedBytes + AudioPacket.headerSize)
            .assumingMemoryBound(to: UInt8.self)
    }

    /// Stages `header` with the first `data_size` bytes of the last ``payload(size:)``.
    ///
    /// - Parameter meters: learn at ``flush()`` what became of the frame.
    mutating func stage(
        _ header: parley_wire_audio, newestSampleNs: UInt64, meters: SessionMeters
    ) {
        let start = staging + stagedBytes
        start.storeBytes(of: header, as: parley_wire_audio.self)
        let size = AudioPacket.headerSize + Int(header.data_size)
        vectors[stagedCount] = iovec(iov_base: start, iov_len: size)
        let note = Note(meters: .passUnretained(meters), newestSampleNs: newestSampleNs)
        (notes + stagedCount).initialize(to: note)
        stagedCount += 1
        // Headers are aligned.
        stagedBytes += (size + 15) & ~15
    }

    /// Sends what is staged. What the socket has no room for is dropped, newest first. [never blocks]
    mutating func flush() {
        guard stagedCount > 0 else { return }
        let sent = Int(parley_send_packets(socket.raw, vectors, CInt(stagedCount)))
        let nowNs = MonotonicClock.nowNs
        for index in 0..<stagedCount {
            let newestNs = notes[index].newestSampleNs
            notes[index].meters._withUnsafeGuaranteedRef { meters in
                guard index < sent else {
                    meters.framesDropped.add(1, ordering: .relaxed)
                    return
                }
                meters.framesSent.add(1, ordering: .releasing)
                if nowNs > newestNs {
                    meters.uplinkUs.store(Int((nowNs - newestNs) / 1_000), ordering: .relaxed)
                }
            }
        }
        if sent < stagedCount, nowNs >= doubtedNs + Self.doubtPauseNs {
            isInDoubt = true
            doubtedNs = nowNs
        }
        stagedCount = 0
        stagedBytes = 0
    }

    /// Whether somebody should look if the host is alive; true once a second while frames are dropped.
    mutating func takeDoubt() -> Bool {
        defer { isInDoubt = false }
        return isInDoubt
    }

    /// Sends a packet without audio behind everything that is staged. False when the socket has no
    /// room or is gone; nothing was sent then. [engine, never blocks]
    mutating func send(_ header: parley_wire_audio) -> Bool {
        flush()
        return withUnsafeBytes(of: header) {
            Glibc.send(socket.raw, $0.baseAddress, $0.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
                == $0.count
        }
    }

    // MARK: From the host

    enum Received: ~Copyable {
        case frame(AudioPacket)
        case malformed
        case nothing
    }

    /// The next packet; its bytes are valid until the next call. Nothing when the host has had its share for
    /// now, and behind a malformed packet. [engine]
    mutating func receive(nowNs: UInt64) -> Received {
        budget.fill(nowNs: nowNs)
        guard !hasEnded, !budget.isSpent else { return .nothing }
        let size = recv(socket.raw, packet, Int(PARLEY_WIRE_MESSAGE_MAX), CInt(MSG_DONTWAIT))
        if size > 0 {
            budget.take(byteCount: size)
            guard let frame = AudioPacket(packet, size: size) else {
                hasEnded = true
                return .malformed
            }
            return .frame(frame)
        }
        if size == 0 || (errno != EAGAIN && errno != EINTR) { hasEnded = true }
        return .nothing
    }
}
