import Configuration
import Control
import Glibc

/// Who may use which socket, beside what the modes of the files decide.
struct SocketAccess: Sendable {
    private let settings: ControlSettings

    init(_ settings: ControlSettings) { self.settings = settings }

    /// - Parameter socket: the settings of the socket that the client connected to.
    func allows(_ peer: Peer, on socket: KeyPath<ControlSettings, SocketSettings>) -> Bool {
        let socket = settings[keyPath: socket]
        guard !socket.users.isEmpty || !socket.groups.isEmpty else { return true }
        if socket.users.contains(where: { Self.user($0) == peer.userID }) { return true }
        let wanted = socket.groups.compactMap(Self.group)
        return !wanted.isEmpty
            && Self.groups(of: peer.userID, primary: peer.groupID).contains { wanted.contains($0) }
    }

    /// Gives the sockets to their groups. A group that is not there or that the daemon is not in leaves
    /// the socket to the daemon's own, which is safe.
    /// - Parameter isForeign: whether the service manager made the socket of that name, which has its group.
    func assignGroups(
        _ directory: String, except isForeign: (String) -> Bool, complain: (String) -> Void
    ) {
        let sockets = [
            ("control.sock", settings.control), ("monitor.sock", settings.monitor),
            ("audio.sock", settings.audio), ("metrics.sock", settings.metrics),
        ]
        for (name, socket) in sockets {
            guard !isForeign(String(name.dropLast(".sock".count))), let group = socket.group,
                let number = Self.group(group)
            else { continue }
            if chown("\(directory)/\(name)", uid_t.max, number) != 0 {
                complain("\(name) can't be given to group \(group)")
            }
        }
    }

    private static func user(_ name: String) -> uid_t? {
        uid_t(name) ?? getpwnam(name)?.pointee.pw_uid
    }

    private static func group(_ name: String) -> gid_t? {
        gid_t(name) ?? getgrnam(name)?.pointee.gr_gid
    }

    /// All groups of a user, by the system's databases: a process's own list is not told by the kernel.
    private static func groups(of user: uid_t, primary: gid_t) -> [gid_t] {
        guard let name = getpwuid(user)?.pointee.pw_name else { return [primary] }
        var count: CInt = 64
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(name, primary, &groups, &count) >= 0 else { return [primary] }
        return Array(groups.prefix(Int(count)))
    }
}
