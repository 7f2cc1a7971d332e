import Control
import Foundation
import JSON
import Testing

/// docs/ControlProtocol.md teaches by transcript: what it shows is what the daemon says.
@Suite(.serialized) struct TranscriptTests {
    private let blocks: [[Substring]]

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appendingPathComponent("docs/ControlProtocol.md"), encoding: .utf8)
        blocks = page.components(separatedBy: "```").enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }
            .map { $0.element.split(separator: "\n") }
    }

    @Test(arguments: [(0, "control.sock"), (1, "monitor.sock")])
    func requestsAndRefusalsAreAnsweredAsShown(_ block: Int, _ socket: String) throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client(socket)
        try #require(blocks.count > block && blocks[block].count >= 2)
        for line in blocks[block] {
            let text = line.dropFirst(2)
            if line.hasPrefix("> ") {
                try client.sendRaw(Array(text.utf8) + [UInt8(ascii: "\n")])
            } else {
                #expect(try client.receive(deadlineNs: nil) == JSONValue(parsing: String(text)))
            }
        }
    }

    @Test func theAudioSocketGreetsAsShown() throws {
        let daemon = try DaemonUnderTest()
        _ = try daemon.client().call(
            "sessions.create",
            ["transport": "loopback", "name": "demo", "wait": true, "local": ["kind": "stream"]])
        let lines = try #require(blocks.first { $0.first?.hasPrefix("> {\"session\"") == true })
        let request = try JSONValue(parsing: String(lines[0].dropFirst(2))).objectValue
        let audio = try AudioClient(
            paths: ["\(daemon.runtimeDirectory)/audio.sock"], request: try #require(request))
        #expect(try audio.greeting == JSONValue(parsing: String(lines[1].dropFirst(2))))
    }
}
