import Glibc

/// Bytes on their way to a host, which may hold a secret: wiped when they move to a larger room, and at the
/// end of their life. An array would leave copies in freed memory.
final class WipedBytes {
    private var room: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(capacity: Int) { room = .allocate(byteCount: capacity, alignment: 8) }

    deinit { Self.free(room) }

    /// Valid as long as this lives and nothing is appended.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: room[..<count]) }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withExtendedLifetime(self) { body(bytes) }
    }

    func append(_ more: UnsafeRawBufferPointer) {
        let needed = count + more.count
        if needed > room.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(needed, 2 * room.count), alignment: 8)
            larger.copyBytes(from: bytes)
            Self.free(room)
            room = larger
        }
        UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyBytes(from: more)
        count = needed
    }

    private static func free(_ room: UnsafeMutableRawBufferPointer) {
        if let start = room.baseAddress { explicit_bzero(start, room.count) }
        room.deallocate()
    }
}
