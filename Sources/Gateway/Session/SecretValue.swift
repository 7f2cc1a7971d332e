import Glibc

/// A secret in memory, wiped at the end of its life. It has no description and can't be encoded.
final class SecretValue {
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ value: String) {
        let utf8 = value.utf8
        bytes = .allocate(capacity: utf8.count + 1)
        _ = bytes.initialize(from: utf8)
        bytes[utf8.count] = 0
    }

    /// Copies bytes that their owner wipes, with no string in between.
    init(copying secret: UnsafeRawBufferPointer) {
        bytes = .allocate(capacity: secret.count + 1)
        _ = bytes.initialize(from: secret)
        bytes[secret.count] = 0
    }

    deinit {
        if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        bytes.deallocate()
    }

    /// For handing it to the host that asked, and for nothing else. Never make a `String` of it.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        withExtendedLifetime(self) {
            body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes.dropLast())))
        }
    }
}
