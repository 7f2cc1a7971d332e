/// The bytes of a secret. Wiped when it goes out of scope; never make a `String` of it.
///
/// `Sendable` holds because nothing writes after init, and a value has one owner.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let room: WipedRoom

    /// Takes a copy; wiping the original is the caller's.
    public init(copying bytes: UnsafeRawBufferPointer) {
        room = WipedRoom(size: bytes.count)
        room.bytes.copyBytes(from: bytes)
    }

    public var count: Int { room.bytes.count }

    /// Lends the bytes; they are not NUL-terminated.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(room.bytes))
    }
}
