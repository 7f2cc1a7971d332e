import CSystemd
import Glibc

/// The system's journal (sd_journal_sendv(3)).
public enum Journal {
    /// Whether `descriptor` of this process goes into the journal: $JOURNAL_STREAM names the device and
    /// the inode that the service manager connected, and the descriptor may have been redirected since
    /// (systemd.exec(5)).
    public static func receives(_ descriptor: CInt) -> Bool {
        guard let named = getenv("JOURNAL_STREAM") else { return false }
        return receives(descriptor, named: String(cString: named))
    }

    static func receives(_ descriptor: CInt, named: String) -> Bool {
        let parts = named.split(separator: ":", omittingEmptySubsequences: false)
        var status = stat()
        guard parts.count == 2, fstat(descriptor, &status) == 0 else { return false }
        return parts[0] == String(status.st_dev) && parts[1] == String(status.st_ino)
    }

    /// Writes one entry. Names of fields are upper case; a value may hold anything but is text here.
    ///
    /// - Returns: false when the journal did not take it. [thread-safe]
    @discardableResult
    public static func send(_ fields: [(name: String, value: String)]) -> Bool {
        let bytes = fields.map { Array("\($0.name)=\($0.value)".utf8) }
        let room = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bytes.reduce(0) { $0 + $1.count }, alignment: 1)
        defer { room.deallocate() }
        var offset = 0
        let vectors = bytes.map { field in
            let place = UnsafeMutableRawBufferPointer(rebasing: room[offset..<offset + field.count])
            place.copyBytes(from: field)
            offset += field.count
            return iovec(iov_base: place.baseAddress, iov_len: place.count)
        }
        return sd_journal_sendv(vectors, CInt(vectors.count)) >= 0
    }
}
