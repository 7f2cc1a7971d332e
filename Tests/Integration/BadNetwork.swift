import Control
import Foundation
import JSON
import Testing

/// Two machines on a bad line (`Tests/Fixtures/bad_network.py`), each with a parleyd. Root only.
final class BadNetwork {
    static var isPossible: Bool { geteuid() == 0 }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    let near: WebRTCSessions
    let far: WebRTCSessions

    /// - Parameter config: of both daemons.
    init(config: String = "") throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/bad_network.py").path
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [script]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let ends = try Self.line(of: output)
        func enter(_ name: String) throws -> String {
            let pid = try #require(ends[name]?.integerValue)
            return #"exec nsenter --net=/proc/\#(pid)/ns/net "$0" "$@""#
        }
        near = try WebRTCSessions(config: config, wrapper: try enter("near"))
        far = try WebRTCSessions(config: config, wrapper: try enter("far"))
    }

    /// Makes a WebRTC call from the near to the far end, whose signalling the test carries.
    func call() throws {
        for (sessions, role) in [(far, "answer"), (near, "offer")] {
            let options: JSONObject = [
                "signalling": "manual", "role": .string(role), "addresses": .array([]),
            ]
            try sessions.create("call", options)
        }
        try carry { near, far in near == "connected" && far == "connected" }
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    private static func line(of pipe: Pipe) throws -> JSONValue {
        var text = Data()
        while text.last != UInt8(ascii: "\n") {
            let more = pipe.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the network is gone")
            text += more
        }
        return try JSONValue(parsing: String(decoding: text, as: UTF8.self))
    }

    /// Changes the line, as the script says.
    func set(_ how: JSONObject) throws {
        let line = JSONValue.object(how).serialized() + "\n"
        try input.fileHandleForWriting.write(contentsOf: Data(line.utf8))
        _ = try Self.line(of: output)
    }

    /// Carries descriptions and candidates over until the states of the two calls are as wished.
    ///
    /// - Parameter isDone: is given the newest state of the near and of the far end.
    func carry(until isDone: (_ near: String, _ far: String) -> Bool) throws {
        var states = ["", ""]
        let giveUp = Date() + 60
        while !isDone(states[0], states[1]) {
            try #require(Date() < giveUp, "the ends are \(states) after a minute")
            for (index, (from, to)) in [(near, far), (far, near)].enumerated() {
                while let event = try? from.client.nextEvent(timeout: .milliseconds(10)) {
                    guard event["type"] == "transport_event", let data = event["data"],
                        let type = data["type"]?.stringValue
                    else { continue }
                    if type == "webrtc.state" {
                        states[index] = data["state"]?.stringValue ?? ""
                    } else if type.hasPrefix("webrtc.") {
                        _ = try? to.client.call(
                            "session.sendEvent", ["session": "call", "event": data])
                    }
                }
            }
        }
    }

    /// How like the sound is at the near end that is said at the far end from now on.
    func likeness(seconds: Int = 4, mouth: String = "call") throws -> Double {
        let (mouth, ear) = (try far.program(mouth), try near.program("call"))
        let sound = Chirp.samples(from: 250, to: 1_000)
        for _ in 0..<seconds { mouth.write(sound) }
        return Chirp.likeness(sound, in: ear.read(samples: seconds * RTPSessions.rate))
    }
}
