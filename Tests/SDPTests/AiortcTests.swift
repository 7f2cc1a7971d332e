import Foundation
import SDP
import Testing

private let testPython = ProcessInfo.processInfo.environment["PARLEY_TEST_PYTHON"]

/// Offers and answers between us and aiortc. `PARLEY_TEST_PYTHON` names a Python that has it; without one
/// these are skipped.
@Suite(.enabled(if: testPython != nil)) struct AiortcTests {
    /// The fixture, and its descriptions as lines.
    private final class Peer {
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()
        private var rest: [UInt8] = []

        init(_ arguments: [String]) throws {
            let script = URL(filePath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "Fixtures/describe_with_aiortc.py")
            process.executableURL = URL(filePath: try #require(testPython))
            process.arguments = [script.path] + arguments
            process.standardInput = input
            process.standardOutput = output
            try process.run()
        }

        deinit { if process.isRunning { process.terminate() } }

        private func line() -> String? {
            while true {
                if let end = rest.firstIndex(of: 10) {
                    defer { rest.removeFirst(end + 1) }
                    return String(decoding: rest[..<end], as: UTF8.self)
                }
                let more = output.fileHandleForReading.availableData
                if more.isEmpty { return nil }
                rest += more
            }
        }

        func description() throws -> SessionDescription {
            var text = ""
            while let line = line(), !line.filter({ !$0.isWhitespace }).isEmpty {
                text += line + "\n"
            }
            return try SessionDescription(parsing: text)
        }

        func give(_ description: SessionDescription) throws {
            try input.fileHandleForWriting.write(contentsOf: Data((description.text + "\r\n").utf8))
        }

        /// What came of it, when all went well.
        func outcome() throws -> [String] {
            let words = (line() ?? "").split(separator: " ").map(String.init)
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
            return words
        }
    }

    private var local: LocalSession {
        var local = Descriptions.local
        var secure = Descriptions.secure
        secure.candidates = [
            Candidate(foundation: "1", priority: 2_130_706_431, address: "127.0.0.1", port: 9)
        ]
        secure.isGatheringComplete = true
        local.transport = .secure(secure)
        return local
    }

    @Test(arguments: ["yes", "no"]) func itsOfferIsTakenAndItTakesOurAnswer(data: String) throws {
        let peer = try Peer(["offer", data])
        var machine = OfferAnswer(local: local)
        let (answer, session) = try machine.makeAnswer(to: try peer.description())
        #expect(session.audio.codecs.first?.codec == .opus)
        #expect(session.secure?.role == .client)
        #expect(session.secure?.remoteCandidates.isEmpty == false)
        #expect(session.secure?.remoteFingerprints.contains(where: \.isStrong) == true)
        #expect((session.dataChannel != nil) == (data == "yes"))
        try peer.give(answer)
        let type = session.audio.codecs.first.map { "\($0.sendPayloadType)" } ?? ""
        #expect(try peer.outcome() == ["stable", "sendrecv", type])
    }

    @Test(arguments: [true, false]) func itTakesOurOfferAndItsAnswerIsTaken(data: Bool) throws {
        let peer = try Peer(["answer"])
        var local = local
        if !data { local.dataChannel = nil }
        var machine = OfferAnswer(local: local)
        try peer.give(machine.makeOffer())
        let session = try machine.apply(answer: try peer.description())
        #expect(session.audio.codecs.map(\.codec) == [.opus, .pcmu, .pcma])
        #expect(session.audio.direction == .sendReceive)
        #expect(session.secure?.role == .server)
        #expect(session.secure?.remoteCandidatesEnd == true)
        #expect((session.dataChannel != nil) == data)
        #expect(try peer.outcome().prefix(2) == ["stable", "sendrecv"])
    }
}
