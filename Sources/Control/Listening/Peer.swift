import CLinux
import EventLoop
import Glibc

/// Who connected to a socket of ours, as the kernel noted it at connect(2) (SO_PEERCRED, unix(7)).
public struct Peer: Sendable, Hashable {
    public let userID: uid_t
    /// Of its groups the kernel tells the primary one.
    public let groupID: gid_t

    public init(userID: uid_t, groupID: gid_t) {
        self.userID = userID
        self.groupID = groupID
    }

    /// nil when the kernel does not tell; such a client is not to be served.
    init?(of socket: FileDescriptor) {
        var process = pid_t()
        var user = uid_t()
        var group = gid_t()
        guard parley_peer_credentials(socket.raw, &process, &user, &group) == 0 else { return nil }
        self.init(userID: user, groupID: group)
    }

    /// Root and the daemon's own user need no place in any list: they could end the daemon as well.
    var isOwn: Bool { userID == 0 || userID == getuid() }
}
