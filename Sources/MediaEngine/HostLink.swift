import CLinux
import CParleyWire
import EventLoop
import Glibc

/// The engine's end of a host's audio socket, shared by all sessions of that host.
///
/// Made and freed on the control thread; in between only the engine touches it.
struct HostLink: ~Copyable {
    let number: UInt32
    /// Keeps the descriptor open for as long as the engine uses it.
    private let socket: FileDescriptor
    private let packet: UnsafeMutableRawPointer
    private(set) var hasEnded = false
    /// Packets that no rule of the protocol allows.
    var malformedPackets = 0

    init(number: UInt32, socket: FileDescriptor) {
        self.number = number
        self.socket = socket
        packet = .allocate(byteCount: Int(PARLEY_WIRE_MESSAGE_MAX), alignment: 16)
    }

    deinit { packet.deallocate() }

    /// Room for the audio of the next frame to send: `PARLEY_FRAME_DATA_MAX` bytes.
    var payload: UnsafeMutablePointer<UInt8> {
        (packet + AudioPacket.headerSize).assumingMemoryBound(to: UInt8.self)
    }

    /// Sends `header` and the first `data_size` bytes of ``payload``. False when the socket has no
    /// room or is gone; nothing was sent then. [engine, never blocks]
    func send(_ header: parley_wire_audio) -> Bool {
        packet.storeBytes(of: header, as: parley_wire_audio.self)
        let size = AudioPacket.headerSize + Int(header.data_size)
        return Glibc.send(socket.raw, packet, size, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
            == size
    }

    enum Received: ~Copyable {
        case frame(AudioPacket)
        case malformed
        case nothing
    }

    /// The next packet; its bytes are valid until the next call of this or ``send(_:)``. [engine]
    mutating func receive() -> Received {
        guard !hasEnded else { return .nothing }
        let size = recv(socket.raw, packet, Int(PARLEY_WIRE_MESSAGE_MAX), CInt(MSG_DONTWAIT))
        if size > 0 {
            guard let frame = AudioPacket(packet, size: size) else { return .malformed }
            return .frame(frame)
        }
        if size == 0 || (errno != EAGAIN && errno != EINTR) { hasEnded = true }
        return .nothing
    }
}
