import CLinux
import EventLoop
import Glibc

/// Pairs of packet sockets: the daemon keeps one end, the other goes to a process of its own.
enum PacketSocket {
    /// The daemon's end does not block; the other does, which is what slows a flooding plugin down.
    static func pair() throws(HostLaunchError) -> (ours: FileDescriptor, theirs: FileDescriptor) {
        var ends: [CInt] = [-1, -1]
        let type = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw .noDescriptors(errno) }
        let ours = FileDescriptor(owning: ends[0])
        let theirs = FileDescriptor(owning: ends[1])
        _ = fcntl(ours.raw, F_SETFL, O_NONBLOCK)
        return (ours, theirs)
    }

    enum SendResult {
        case sent
        case full
        case closed
    }

    static func send(_ packet: UnsafeRawBufferPointer, to socket: CInt) -> SendResult {
        while true {
            let flags = CInt(MSG_NOSIGNAL)
            if Glibc.send(socket, packet.baseAddress, packet.count, flags) >= 0 { return .sent }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS: return .full
            default: return .closed
            }
        }
    }

    enum ReceiveResult {
        /// The size may be over the room: then the packet was cut.
        case packet(size: Int)
        case nothing
        case closed
    }

    static func receive(from socket: CInt, into room: UnsafeMutableRawBufferPointer)
        -> ReceiveResult
    {
        while true {
            let flags = CInt(MSG_DONTWAIT) | CInt(MSG_TRUNC)
            let size = recv(socket, room.baseAddress, room.count, flags)
            if size > 0 { return .packet(size: size) }
            if size == 0 { return .closed }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothing
            default: return .closed
            }
        }
    }
}
