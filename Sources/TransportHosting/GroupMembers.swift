import Glibc

/// Who is in a group.
enum GroupMembers {
    /// Whether nobody but root and `user` is in the group: neither by its list nor as the group that an
    /// account of this machine has from the start. Directory services are asked for the list alone, since
    /// to go through all their accounts takes long.
    static func areOnly(_ user: uid_t, in group: gid_t) -> Bool {
        isListed(onlyBy: user, in: group) && isPrimary(onlyOf: user, group)
    }

    private static func isListed(onlyBy user: uid_t, in group: gid_t) -> Bool {
        guard var entry = getgrgid(group)?.pointee.gr_mem else { return true }
        // All names first: asking for an account may write over them.
        var names: [String] = []
        while let name = entry.pointee {
            names.append(String(cString: name))
            entry += 1
        }
        return names.allSatisfy { name in
            guard let member = getpwnam(name)?.pointee.pw_uid else { return false }
            return member == user || member == 0
        }
    }

    private static func isPrimary(onlyOf user: uid_t, _ group: gid_t) -> Bool {
        guard let accounts = fopen("/etc/passwd", "re") else { return false }
        defer { fclose(accounts) }
        while let account = fgetpwent(accounts)?.pointee {
            if account.pw_gid == group, account.pw_uid != user, account.pw_uid != 0 {
                return false
            }
        }
        return true
    }
}
