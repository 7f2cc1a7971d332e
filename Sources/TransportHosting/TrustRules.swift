import CLinux
import Glibc

/// Whom the daemon trusts to put code on this machine: root and the user that it runs as.
struct TrustRules {
    let user: uid_t
    let group: gid_t
    /// Whether nobody but root and the user is in a group.
    let isPrivate: (gid_t) -> Bool

    init(user: uid_t, group: gid_t, isPrivate: ((gid_t) -> Bool)? = nil) {
        self.user = user
        self.group = group
        self.isPrivate = isPrivate ?? { GroupMembers.areOnly(user, in: $0) }
    }

    static var ofThisProcess: TrustRules { TrustRules(user: geteuid(), group: getegid()) }

    /// Why somebody else could change what `path` names, which is open as `descriptor`, or nil.
    func fault(of descriptor: CInt, at path: String) -> Refusal? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            return Refusal("\(path) can't be examined: errno \(errno)")
        }
        if let fault = fault(of: status, at: path) { return fault }
        // Nobody whom a list names may write where the group may not.
        let isSticky = status.st_mode & S_IFMT == S_IFDIR && status.st_mode & S_ISVTX != 0
        guard status.st_mode & S_IWGRP != 0, !isSticky, parley_has_access_list(descriptor) else {
            return nil
        }
        return Refusal(
            "an access control list may let others write to \(path): chmod g-w it",
            .openToGroup(path))
    }

    /// What owner and mode alone tell.
    func fault(of status: stat, at path: String) -> Refusal? {
        guard status.st_uid == 0 || status.st_uid == user else {
            return Refusal(
                "\(path) belongs to user \(status.st_uid), not to root or to user \(user)",
                .foreignOwner(path))
        }
        // In a sticky directory nobody can replace what somebody else owns, and the owner of what comes
        // next on the path is checked too.
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if isDirectory, status.st_mode & S_ISVTX != 0 { return nil }
        if status.st_mode & S_IWOTH != 0 {
            return Refusal("everyone can write to \(path): chmod o-w it", .openToEveryone(path))
        }
        if status.st_mode & S_IWGRP != 0, !isOwnGroup(status) {
            return Refusal(
                "group \(status.st_gid) can write to \(path): chmod g-w it", .openToGroup(path))
        }
        return nil
    }

    /// Whether the group is that of the owner alone. That of a service has its clients in it, often.
    private func isOwnGroup(_ status: stat) -> Bool {
        let owned = status.st_uid == user && status.st_gid == group
        return (owned || status.st_uid == 0 && status.st_gid == 0) && isPrivate(status.st_gid)
    }
}
