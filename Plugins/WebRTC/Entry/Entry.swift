import ParleyTransport
import WebRTC

@c public func parley_transport_entry_v1() -> UnsafePointer<parley_transport_entry_t>? {
    TransportEntry.make(WebRTCTransport.self)
}
