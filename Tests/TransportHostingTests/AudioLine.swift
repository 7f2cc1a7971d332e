import CParleyWire
import EventLoop
import Glibc

@testable import TransportHosting

/// The media engine's part of a session, for tests: frames out and in.
@LoopActor
struct AudioLine {
    let session: TransportSession
    private(set) var sent: UInt64 = 0

    init(_ session: TransportSession) { self.session = session }

    /// Sends samples of s16le at 24 kHz.
    mutating func send(_ samples: [Int16], sequence: UInt32 = 0, flags: UInt32 = 0) throws {
        var frame = parley_wire_audio()
        frame.version = UInt16(PARLEY_WIRE_VERSION)
        frame.session = session.number
        frame.codec = 1
        frame.rate_hz = 24000
        frame.flags = flags
        frame.sequence = sequence
        frame.sample_count = UInt32(samples.count)
        frame.data_size = UInt32(samples.count * 2)
        var packet = withUnsafeBytes(of: &frame) { Array($0) }
        packet += samples.withUnsafeBytes { Array($0) }
        let result = packet.withUnsafeBytes { PacketSocket.send($0, to: session.audio.raw) }
        guard result == .sent else {
            throw Workshop.Fault("the audio socket is full or closed: errno \(errno)")
        }
        sent += 1
    }

    mutating func sendBarrier(_ sequence: UInt32) throws {
        try send([], sequence: sequence, flags: UInt32(1) << 31)
    }

    /// Waits for the next frame of the host.
    func receive() async throws -> (frame: parley_wire_audio, samples: [Int16]) {
        let fd = session.audio.raw
        var watch: Watch?
        await withCheckedContinuation { continuation in
            watch = EventLoop.shared.watch(fd, for: .read) { _ in
                guard watch != nil else { return }
                watch?.cancel()
                watch = nil
                continuation.resume()
            }
        }
        var room = [UInt8](repeating: 0, count: Int(PARLEY_WIRE_MESSAGE_MAX))
        let result = room.withUnsafeMutableBytes { PacketSocket.receive(from: fd, into: $0) }
        guard case .packet(let size) = result else { throw Workshop.Fault("no frame: \(result)") }
        let head = MemoryLayout<parley_wire_audio>.size
        return room.withUnsafeBytes { bytes in
            let frame = bytes.loadUnaligned(as: parley_wire_audio.self)
            let data = UnsafeRawBufferPointer(rebasing: bytes[head..<size])
            let samples = (0..<data.count / 2).map {
                data.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self)
            }
            return (frame, samples)
        }
    }
}
