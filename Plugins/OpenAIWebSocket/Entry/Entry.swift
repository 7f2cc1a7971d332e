import OpenAIWebSocket
import ParleyTransport

@c public func parley_transport_entry_v1() -> UnsafePointer<parley_transport_entry_t>? {
    TransportEntry.make(OpenAIWebSocketTransport.self)
}
