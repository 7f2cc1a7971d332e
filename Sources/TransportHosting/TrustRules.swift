import Glibc

/// Whom the daemon trusts to put code on this machine: root and the user that it runs as.
struct TrustRules {
    let user: uid_t
    let group: gid_t

    static var ofThisProcess: TrustRules { TrustRules(user: geteuid(), group: getegid()) }

    /// Why somebody else could change what `path` names, or nil.
    func fault(of status: stat, at path: String) -> String? {
        guard status.st_uid == 0 || status.st_uid == user else {
            return "\(path) belongs to user \(status.st_uid), not to root or to user \(user)"
        }
        // In a sticky directory nobody can replace what somebody else owns, and the owner of what comes
        // next on the path is checked too.
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if isDirectory, status.st_mode & S_ISVTX != 0 { return nil }
        if status.st_mode & S_IWOTH != 0 { return "everyone can write to \(path): chmod o-w it" }
        if status.st_mode & S_IWGRP != 0, !isOwnGroup(status) {
            return "group \(status.st_gid) can write to \(path): chmod g-w it"
        }
        return nil
    }

    /// Whether the group is that of the owner alone, as far as this process can know.
    private func isOwnGroup(_ status: stat) -> Bool {
        status.st_uid == user && status.st_gid == group || status.st_uid == 0 && status.st_gid == 0
    }
}
