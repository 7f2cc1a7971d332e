import JSON
import ParleyTransport
import Testing

@testable import OpenAIRealtime

@Suite("Speech of the server") struct AudioTests {
    private func delta(_ base64: String, spelling: String = "response.output_audio.delta") -> String
    {
        #"{"type":"\#(spelling)","event_id":"e","response_id":"r","item_id":"a","#
            + #""output_index":0,"content_index":0,"delta":"\#(base64)"}"#
    }

    @Test("A raw event has the size of its sound where nobody hears the sound")
    func withoutAudio() throws {
        for (base64, bytes) in [("AQIDBAUG", 6), ("AQIDBA==", 4), ("", 0)] {
            let short = Array(delta(base64).utf8)
                .withUnsafeBytes { AudioMessage.withoutAudio($0) }
            let event = try JSONValue(parsing: try #require(short))
            #expect(event["delta"] == ["bytes": .integer(Int64(bytes))])
            #expect(event["item_id"] == "a")
        }
        let other = Array(#"{"type":"response.done","delta":"AQID"}"#.utf8)
        #expect(other.withUnsafeBytes { AudioMessage.withoutAudio($0) } == nil)
    }

    @Test("Odd-length deltas give whole samples, in order; empty ones give nothing")
    func odd() {
        var peer = Peer.ready()
        for base64 in ["AQ==", "", "AgM=", "BA==", "BQYH"] { peer.hear(text: delta(base64)) }
        #expect(peer.speech["a"] == [1, 2, 3, 4, 5, 6])
        let timestamps = peer.take().compactMap { effect -> UInt64? in
            if case .speech(let piece) = effect { piece.timestamp } else { nil }
        }
        #expect(timestamps == [0, 1, 2])
    }

    @Test(
        "The fast path and the parser say the same",
        arguments: [
            #"{"type":"response.output_audio.delta","item_id":"a","delta":"AQID"}"#,
            #"{"type":"response.audio.delta","item_id":"a","delta":"AQID"}"#,
            #" { "type" : "response.output_audio.delta" , "item_id":"a","delta":"AQID" } "#,
            #"{"item_id":"a","delta":"AQID","type":"response.output_audio.delta"}"#,
            #"{"type":"response.output_audio.delta","item_id":"a","delta":"AQ\u0049D"}"#,
            #"{"type":"response.output_audio.delta","item_id":"a","more":[1],"delta":"AQID"}"#,
            #"{"type":"response.output_audio.delta","item_id":"a","content_index":0,"delta":"AQID"}"#,
        ])
    func spellings(_ text: String) {
        var peer = Peer.ready()
        peer.hear(text: text)
        #expect(peer.speech["a"] == [1, 2])
        #expect(peer.take().filter { $0 == .rawEvent }.count == 1)
    }

    @Test(
        "What is no audio delta shows at most raw",
        arguments: [
            (
                delta: #"{"type":"response.output_audio.delta","item_id":"a","delta":"A*ID"}"#,
                isJSON: true
            ),
            (#"{"type":"response.output_audio.delta","item_id":"","delta":"AQID"}"#, true),
            (#"{"type":"response.output_audio.delta","item_id":"a","delta":"AQIDA"}"#, true),
            (
                #"{"type":"response.output_audio.delta","item_id":"a","content_index":-1,"delta":"AQID"}"#,
                true
            ),
            (#"{"type":"response.output_audio.delta","item_id":"a","delta":"AQID"}x"#, false),
            (#"{"type":"response.output_audio.delta","item_id":"a","delta":"AQID""#, false),
            (
                #"{"type":"response.output_audio.delta","type":"response.output_audio.delta"}"#,
                false
            ),
        ] as [(String, Bool)])
    func broken(_ text: String, _ isJSON: Bool) {
        var peer = Peer.ready()
        peer.hear(text: text)
        #expect(peer.speech.isEmpty)
        #expect(peer.take().contains(.rawEvent) == isJSON)
    }

    @Test("Long deltas come in pieces that the plugin interface takes")
    func pieces() {
        var peer = Peer.ready()
        peer.hearSpeech("a", response: "r", ms: 3000)
        #expect(peer.speech["a"]?.count == 144_000)
        let sizes = peer.take().compactMap { effect -> Int? in
            if case .speech(let piece) = effect { piece.byteRange.count } else { nil }
        }
        #expect(sizes == [61_440, 61_440, 21_120])
    }

    @Test("The end of an item is told once, by its event or by the end of its response")
    func ends() {
        var peer = Peer.ready()
        for hasDone in [true, false] {
            peer.beginResponse("r")
            peer.hearSpeech("i\(hasDone)", response: "r", ms: 20)
            if hasDone { peer.endSpeech("i\(hasDone)", response: "r") }
            peer.endResponse("r")
            let ends = peer.take().filter {
                if case .speech(let piece) = $0 { piece.isLast } else { false }
            }
            #expect(ends.count == 1)
        }
    }

    @Test("Base64 there and back", arguments: 0..<70)
    func base64(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
        var text: [UInt8] = []
        bytes.withUnsafeBytes { Base64.encode($0, into: &text) }
        #expect(text.count == (count + 2) / 3 * 4)
        for shown in [text, text.filter { $0 != UInt8(ascii: "=") }] {
            var back = [UInt8](repeating: 0, count: Base64.decodedCountMax(shown.count))
            let decoded = shown.withUnsafeBytes { from in
                back.withUnsafeMutableBytes { Base64.decode(from, into: $0) }
            }
            #expect(decoded == count)
            #expect(Array(back.prefix(count)) == bytes)
        }
    }

    @Test(
        "Base64 of RFC 4648, section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"),
        ] as [(String, String)])
    func vectors(_ plain: String, _ coded: String) {
        var text: [UInt8] = []
        Array(plain.utf8).withUnsafeBytes { Base64.encode($0, into: &text) }
        #expect(text == Array(coded.utf8))
    }
}
