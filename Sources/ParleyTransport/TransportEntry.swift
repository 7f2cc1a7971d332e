import CParleyTransport
import Synchronization

/// Turns a ``TransportLayer`` into what the host loads. A plugin has one file more than its transport:
///
/// ```swift
/// import ParleyTransport
///
/// @c public func parley_transport_entry_v1() -> UnsafePointer<parley_transport_entry_t>? {
///     TransportEntry.make(EchoTransport.self)
/// }
/// ```
public enum TransportEntry {
    /// One transport per image: the functions of the C interface carry no context for a type.
    private static let transport = Mutex<(any TransportLayer.Type)?>(nil)

    /// The C entry for `type`, in memory that is never freed. Call it on the thread that will call the
    /// plugin; the type of the last call counts.
    public static func make(
        _ type: any TransportLayer.Type
    ) -> UnsafePointer<parley_transport_entry_t>? {
        transport.withLock { $0 = type }
        HostThread.shared.adopt()
        let entry = UnsafeMutablePointer<parley_transport_entry_t>.allocate(capacity: 1)
        var value = parley_transport_entry_t()
        value.struct_size = UInt32(MemoryLayout<parley_transport_entry_t>.size)
        value.abi_major = UInt32(PARLEY_ABI_MAJOR)
        value.abi_minor = UInt32(PARLEY_ABI_MINOR)
        value.descriptor = type.descriptor.makeStatic()
        value.create = { host in TransportInstance.create(host) }
        value.destroy = { handle in TransportInstance.destroy(handle) }
        value.connect = { handle, request in
            guard let request else { return CResult.invalid }
            return TransportInstance.call(handle, request) { $0.connect($1.pointee) }
        }
        value.close = { handle in
            TransportInstance.call(handle, ()) { me, _ in me.transport.close() }
        }
        value.command = { handle, id, name, json in
            TransportInstance.call(handle, (id, name, json)) { $0.command($1.0, $1.1, $1.2) }
        }
        value.send_audio = { handle, frame in
            guard let frame else { return }
            TransportInstance.call(handle, frame) { $0.sendAudio($1) }
        }
        value.drop_audio = { handle in
            TransportInstance.call(handle, ()) { me, _ in me.transport.dropAudio() }
        }
        value.playback = { handle, playback in
            guard let playback else { return }
            TransportInstance.call(handle, playback) { $0.playback($1.pointee) }
        }
        value.secret = { handle, name, value in
            guard let name else { return }
            TransportInstance.call(handle, (name, value)) { $0.secret($1.0, $1.1) }
        }
        value.listeners = { handle, heard in
            TransportInstance.call(handle, heard) { $0.host.heard($1) }
        }
        entry.initialize(to: value)
        return UnsafePointer(entry)
    }

    static var registered: (any TransportLayer.Type)? { transport.withLock { $0 } }
}
