import BadEvents
import JSON
import ParleyTransport
import Testing

@testable import OpenAIRealtime

/// Every event of the server, with each member missing, null, of another type, or huge.
@Suite("Bad events") struct BadEventTests {
    @Test("Every event is among them") func names() {
        #expect(ServerEventType.allCases.count == 46)
        #expect(ServerEventType.allCases.allSatisfy { BadEvents.names.contains($0.rawValue) })
    }

    @Test("Each shows raw once and never ends the session", arguments: BadEvents.names)
    func malformed(_ name: String) {
        var peer = Peer.ready()
        for variant in BadEvents.variants(of: name) {
            peer.hear(.object(variant))
            let effects = peer.take()
            #expect(effects.filter { $0 == .rawEvent }.count == 1)
            #expect(effects.first == .rawEvent)
            #expect(effects.disconnect == nil)
            for event in effects.events where event.type != "transport_event" {
                let parts =
                    event.data["content"]?.arrayValue
                    ?? event.data["response"]?["output"]?.arrayValue ?? []
                #expect(parts.allSatisfy { $0.objectValue != nil }, "\(event)")
            }
            #expect(peer.client.isConnected)
        }
    }

    @Test(
        "What is no JSON object is dropped, and the session goes on",
        arguments: [
            [], Array("nonsense".utf8), Array("[1]".utf8), Array("7".utf8), [0xFF, 0xFE, 0x00],
            Array(#"{"type":"error""#.utf8), Array("{\"type\":\"\u{0}\"}".utf8),
            [UInt8](repeating: UInt8(ascii: "["), count: 100_000),
        ] as [[UInt8]])
    func noJSON(_ bytes: [UInt8]) {
        var peer = Peer.ready()
        peer.hear(bytes: bytes)
        #expect(!peer.take().contains(.rawEvent))
        #expect(peer.client.isConnected)
    }

    @Test("An object without a type shows raw")
    func untyped() {
        var peer = Peer.ready()
        peer.hear(text: #"{"a":1}"#)
        #expect(peer.take() == [.rawEvent])
    }
}
