import Glibc

/// A file and a state of it: whoever changes the bytes changes this.
struct FileIdentity: Sendable, Hashable {
    /// Where a file or directory is, whatever its name and state.
    struct Place: Sendable, Hashable {
        let device: UInt64
        let inode: UInt64
    }

    let device: UInt64
    let inode: UInt64
    /// Of the last change of content, owner or mode, since 1970.
    let changedNs: Int64
    let size: Int64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        changedNs = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
        size = Int64(status.st_size)
    }

    init(device: UInt64, inode: UInt64, changedNs: Int64, size: Int64) {
        self.device = device
        self.inode = inode
        self.changedNs = changedNs
        self.size = size
    }

    var place: Place { Place(device: device, inode: inode) }

    /// Of an open file.
    init?(descriptor: CInt) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }
}
