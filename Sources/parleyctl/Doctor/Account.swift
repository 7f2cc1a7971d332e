import Glibc

/// An account of this machine, as the system's databases have it.
struct Account: Equatable {
    var id: uid_t
    var name: String
    var group: gid_t
    /// All of them, ``group`` too.
    var groups: [gid_t]
    var home: String

    init(id: uid_t, name: String, group: gid_t, groups: [gid_t] = [], home: String = "") {
        self.id = id
        self.name = name
        self.group = group
        self.groups = groups + [group]
        self.home = home
    }

    init?(id: uid_t) { self.init(getpwuid(id)) }

    init?(named name: String) { self.init(getpwnam(name)) }

    private init?(_ entry: UnsafeMutablePointer<passwd>?) {
        guard let entry = entry?.pointee else { return nil }
        var count: CInt = 64
        var groups = [gid_t](repeating: 0, count: Int(count))
        let isComplete = getgrouplist(entry.pw_name, entry.pw_gid, &groups, &count) >= 0
        self.init(
            id: entry.pw_uid, name: String(cString: entry.pw_name), group: entry.pw_gid,
            groups: isComplete ? Array(groups.prefix(Int(count))) : [],
            home: String(cString: entry.pw_dir))
    }

    /// Whether it may read a file, the directories above it left aside.
    func mayRead(_ status: stat) -> Bool {
        if id == 0 { return true }
        if status.st_uid == id { return status.st_mode & S_IRUSR != 0 }
        if groups.contains(status.st_gid) { return status.st_mode & S_IRGRP != 0 }
        return status.st_mode & S_IROTH != 0
    }
}
