import COpenSSL

/// OpenSSL's view of the network: one datagram to read at a time, and a list of those it writes.
final class DatagramBIO {
    /// What OpenSSL may read now; a read takes it whole, as from a socket.
    var incoming: UnsafeRawBufferPointer?
    private(set) var outgoing: [[UInt8]] = []

    /// Takes the oldest datagram that OpenSSL has written.
    func takeOutgoing() -> [UInt8]? { outgoing.isEmpty ? nil : outgoing.removeFirst() }

    /// A BIO that reads and writes here; it does not keep this object alive.
    func makeBIO() -> OpaquePointer? {
        guard let method = Self.method?.raw, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    private struct Method: @unchecked Sendable {
        // Never changed once it is made, and OpenSSL only reads it.
        let raw: OpaquePointer
    }

    private static let method: Method? = {
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = BIO_meth_new(type, "datagrams") else { return nil }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let bytes, count > 0, let owner = DatagramBIO.of(bio) else { return -1 }
            owner.outgoing.append(
                Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
            return count
        }
        BIO_meth_set_read(method) { bio, bytes, room in
            parley_bio_go_on(bio)
            guard let bytes, let owner = DatagramBIO.of(bio), let datagram = owner.incoming else {
                parley_bio_wait(bio)
                return -1
            }
            owner.incoming = nil
            let count = min(Int(room), datagram.count)
            UnsafeMutableRawBufferPointer(start: bytes, count: count)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: datagram[..<count]))
            return CInt(count)
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in
            // Flushing has nothing to do; every question for sizes is answered by the set MTU.
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
        return Method(raw: method)
    }()

    private static func of(_ bio: OpaquePointer?) -> DatagramBIO? {
        BIO_get_data(bio).map { Unmanaged<DatagramBIO>.fromOpaque($0).takeUnretainedValue() }
    }
}
