import AudioCore
import CLinux
import CParleyTransport
import CParleyWire
import EventLoop
import Glibc

/// The far end of an audio socket: takes what the engine sends and answers with frames.
final class FakeHost {
    struct Frame {
        var header: parley_wire_audio
        var data: [UInt8]
    }

    let daemonEnd: FileDescriptor
    private let end: FileDescriptor

    init() {
        var ends: [CInt] = [-1, -1]
        socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue), 0, &ends)
        daemonEnd = FileDescriptor(owning: ends[0])
        end = FileDescriptor(owning: ends[1])
        // A lost frame fails the test instead of hanging it.
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(
            end.raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Waits for the next packet.
    func receive() -> Frame? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let size = recv(end.raw, &bytes, bytes.count, 0)
        let headerSize = MemoryLayout<parley_wire_audio>.size
        guard size >= headerSize else { return nil }
        let header = bytes.withUnsafeBytes { $0.load(as: parley_wire_audio.self) }
        return Frame(header: header, data: Array(bytes[headerSize..<size]))
    }

    private let packet = UnsafeMutableRawPointer.allocate(byteCount: 65_536, alignment: 16)

    deinit { packet.deallocate() }

    /// Says the frames that wait back to the engine, without allocating.
    func returnFrame() {
        while true {
            let size = recv(end.raw, packet, 65_536, CInt(MSG_DONTWAIT))
            guard size >= MemoryLayout<parley_wire_audio>.size else { return }
            packet.assumingMemoryBound(to: parley_wire_audio.self).pointee.generation = 1
            Glibc.send(end.raw, packet, size, CInt(MSG_DONTWAIT))
        }
    }

    /// Whether a packet is there now.
    var hasPacket: Bool {
        var byte: UInt8 = 0
        return recv(end.raw, &byte, 1, CInt(MSG_DONTWAIT) | CInt(MSG_PEEK)) > 0
    }

    /// Sends frames of one sample until the socket takes no more. - Returns: how many.
    func flood() -> Int {
        var header = parley_wire_audio()
        header.version = UInt16(PARLEY_WIRE_VERSION)
        header.session = 1
        header.codec = UInt32(PARLEY_CODEC_PCM_S16LE)
        header.rate_hz = 24_000
        header.sample_count = 1
        header.generation = 1
        header.data_size = 2
        let bytes = withUnsafeBytes(of: header) { Array($0) } + [0, 0]
        var count = 0
        while Glibc.send(end.raw, bytes, bytes.count, CInt(MSG_DONTWAIT)) > 0 { count += 1 }
        return count
    }

    /// Sends what may be no frame.
    func send(bytes: [UInt8]) { Glibc.send(end.raw, bytes, bytes.count, 0) }

    func send(_ frame: Frame) {
        var bytes = withUnsafeBytes(of: frame.header) { Array($0) }
        bytes += frame.data
        Glibc.send(end.raw, bytes, bytes.count, 0)
    }

    /// Speech of 16-bit samples.
    func say(
        _ samples: [Int16], rateHz: Int = 24_000, session: UInt32 = 1, item: String = "",
        generation: UInt32 = 1, ends: Bool = false
    ) {
        var header = parley_wire_audio()
        header.version = UInt16(PARLEY_WIRE_VERSION)
        header.session = session
        header.codec = UInt32(PARLEY_CODEC_PCM_S16LE)
        header.rate_hz = UInt32(rateHz)
        header.sample_count = UInt32(samples.count)
        header.generation = generation
        header.data_size = UInt32(samples.count * 2)
        header.item_id_size = UInt16(item.utf8.count)
        withUnsafeMutableBytes(of: &header.item_id) { $0.copyBytes(from: Array(item.utf8)) }
        if ends { header.flags |= UInt32(PARLEY_FRAME_END_OF_ITEM) }
        send(
            Frame(
                header: header, data: samples.flatMap { [UInt8($0 & 255), UInt8(($0 >> 8) & 255)] })
        )
    }
}

extension [UInt8] {
    /// Little-endian samples.
    var samples: [Int16] {
        stride(from: 0, to: count - 1, by: 2).map {
            Int16(bitPattern: UInt16(self[$0]) | UInt16(self[$0 + 1]) << 8)
        }
    }
}
