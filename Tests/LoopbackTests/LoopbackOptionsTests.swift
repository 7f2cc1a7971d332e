import ParleyTransport
import Testing

@testable import Loopback

@Suite struct LoopbackOptionsTests {
    @Test func `the schema lists every option that is taken, with its default`() throws {
        let document = LoopbackOptions.schema.document
        let properties = try #require(document["properties"]?.objectValue)
        var defaults = JSONObject()
        for (name, schema) in properties.members {
            #expect(schema["description"]?.stringValue?.isEmpty == false)
            if let fallback = schema["default"] { defaults[name] = fallback }
        }
        // The daemon fills in defaults: they must mean the same as leaving them out.
        let options = try LoopbackOptions(defaults)
        #expect(options.network.isClean)
        #expect(options.burstNs == nil && options.refuse == nil && options.needSecret == nil)
        #expect(options.crashAfterNs == nil && options.hangAfterNs == nil)
        #expect(options.format == .pcm24000 && options.frameMs == 20 && options.mode == .echo)
    }

    @Test(arguments: LoopbackOptions.formats.map(\.name))
    func `every format of the interface can be picked`(name: String) throws {
        let options = try LoopbackOptions(["format": .string(name)])
        #expect(options.format == LoopbackOptions.formats.first { $0.name == name }?.format)
        #expect(options.packets == (name == "opus"))
    }

    static let bad: [(JSONObject, String)] = [
        (["format": "mp3"], "option 'format' must be one of"),
        (["format": 5], "option 'format' must be a string"),
        (["delayMs": -1], "option 'delayMs' must be a number from 0.0 to 60000.0"),
        (["delayMs": "20ms"], "option 'delayMs' must be a number"),
        (["lossPercent": 101], "option 'lossPercent' must be"),
        (["frameMs": 30], "option 'frameMs' must be 10, 20, 40 or 60"),
        (["mode": "shout"], "option 'mode' can't be 'shout'"),
        (["packets": "yes"], "option 'packets' must be true or false"),
        (["delay": 5], "option 'delay' is unknown"),
        (["burst": 100, "format": "opus"], "option 'burst' goes with"),
        (["burst": 100, "packets": true], "option 'burst' goes with"),
        (["gate": true], "option 'gate' needs 'delayMs'"),
        (["driftPpm": 1e9], "option 'driftPpm' must be"),
        (["script": []], "option 'script' must be {\"steps\": [...]}"),
        (["script": ["steps": [5]]], "option 'script' step 0: must be an object"),
        (["script": ["steps": [["on": "noon"]]]], "option 'script' step 0: 'on' must be"),
        (
            ["script": ["steps": [["on": "audio"]]]],
            "option 'script' step 0: needs exactly one action"
        ),
        (
            ["script": ["steps": [["on": "audio", "dance": 1]]]],
            "option 'script' step 0: has no action 'dance'"
        ),
        (
            ["script": ["steps": [["on": "audio", "afterMs": -1, "say": "x"]]]],
            "option 'script' step 0: 'afterMs' must be a whole number"
        ),
        (
            ["script": ["steps": [["on": "audio", "event": ["a": 1]]]]],
            "option 'script' step 0: 'event' must be an object with a type"
        ),
    ]

    @Test(arguments: bad.indices)
    func `a bad option is refused in a sentence that names it`(index: Int) {
        let (options, message) = Self.bad[index]
        #expect {
            _ = try LoopbackOptions(options)
        } throws: { error in
            (error as? TransportError)?.message.hasPrefix(message) == true
        }
    }
}
