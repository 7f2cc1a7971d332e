import Glibc

/// The bytes of a secret. Wiped when it goes out of scope; never make a `String` of it.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Sendable holds because nothing writes after init, and a value has one owner.
    private let storage: UnsafeMutableRawBufferPointer

    /// Takes a copy; wiping the original is the caller's.
    public init(copying bytes: UnsafeRawBufferPointer) {
        storage = .allocate(byteCount: max(bytes.count, 1), alignment: 1)
        count = bytes.count
        storage.copyBytes(from: bytes)
    }

    public let count: Int

    /// Lends the bytes; they are not NUL-terminated.
    public func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
    }

    deinit {
        explicit_bzero(storage.baseAddress, storage.count)
        storage.deallocate()
    }
}
