import Control
import Foundation
import JSON
import SoundServer
import Testing

/// What README.md and Examples/ show does what they say, against a real daemon.
@Suite(.serialized) struct ExamplesTests {
    /// The code blocks of a page in one language.
    private func blocks(_ language: String, of page: String) throws -> [String] {
        let text = try String(contentsOfFile: "\(ExampleProgram.root)/\(page)", encoding: .utf8)
        return text.components(separatedBy: "```").enumerated()
            .filter { !$0.offset.isMultiple(of: 2) && $0.element.hasPrefix("\(language)\n") }
            .map { String($0.element.dropFirst(language.count + 1)) }
    }

    @Test func thePythonOfTheReadmeCreatesASessionAndPrintsItsEvents() throws {
        let daemon = try DaemonUnderTest()
        let code = try #require(try blocks("python", of: "README.md").first)
        let program = try ExampleProgram(
            ["python3", "-c", code], environment: daemon.environmentOfItsUser())
        #expect(program.line(with: "'id': 1, 'result'") != nil)
        #expect(program.line(with: "session_created") != nil)
        #expect(program.line(with: "'id': 2, 'result'")?.contains("connected") == true)
        let session = try daemon.client().call("sessions.get", ["session": "echo"])
        #expect(session["state"] == "connected")
    }

    @Test func theShellOfTheReadmeSpeaksWithASession() throws {
        let daemon = try DaemonUnderTest()
        let environment = try daemon.environmentOfItsUser()
        let block = try #require(
            try blocks("sh", of: "README.md").first { $0.contains("parleyctl create") })
        var watch: ExampleProgram?
        var commands = 0
        for line in block.split(separator: "\n") {
            let program = try ExampleProgram(
                ["sh", "-c", "exec \(line)"], environment: environment)
            if line.hasPrefix("parleyctl watch") {
                watch = program
                // It subscribes before the next command speaks.
                let client = try daemon.client()
                try daemon.until("parleyctl watches") {
                    (try client.call("gateway.status")["clients"]?.integerValue ?? 0) > 1
                }
                continue
            }
            let (status, text) = program.finish()
            #expect(status == 0, "\(line): \(text)")
            commands += 1
        }
        #expect(commands >= 4)
        #expect(watch?.line(with: "Good morning") != nil)
        #expect(try daemon.client().call("sessions.list")["sessions"]?.arrayValue?.isEmpty == true)
    }

    @Test(arguments: ["XDG_RUNTIME_DIR", "a socket", "a directory"])
    func thePythonClientGetsBackWhatItSent(_ place: String) throws {
        let daemon = try DaemonUnderTest()
        var environment = try daemon.environmentOfItsUser()
        switch place {
        case "a socket": environment["PARLEY_SOCKET"] = "\(daemon.runtimeDirectory)/control.sock"
        case "a directory": environment["PARLEY_SOCKET"] = daemon.runtimeDirectory
        default: break
        }
        if place != "XDG_RUNTIME_DIR" { environment["XDG_RUNTIME_DIR"] = "/nonexistent" }
        let sent = Signal.noise(seconds: 1, level: 0.3, seed: 5)[..<24_000]
        let samples = sent.map { Int16($0 * 32_767).littleEndian }
        try samples.withUnsafeBytes { Data($0) }
            .write(to: URL(fileURLWithPath: "\(daemon.directory)/in.raw"))
        let program = try ExampleProgram(
            ["python3", "echo.py", "\(daemon.directory)/in.raw", "\(daemon.directory)/out.raw"],
            environment: environment,
            directory: "\(ExampleProgram.root)/Examples/python-client")
        let (status, text) = program.finish()
        #expect(status == 0, "\(text)")
        for word in ["session_created", "connection_change", "session_closed", "sent 1.00 s"] {
            #expect(text.contains(word), "\(text)")
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(daemon.directory)/out.raw"))
        let heard = bytes.withUnsafeBytes { buffer in
            (0..<buffer.count / 2).map {
                Float(
                    Int16(
                        littleEndian: buffer.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self)))
                    / 32_767
            }
        }
        let match = try #require(Signal.find(Array(sent[6_000..<18_000]), in: heard))
        #expect(match.correlation > 0.95, "\(text)")
    }

    @Test func thePythonClientSaysWhereItLookedForADaemon() throws {
        let program = try ExampleProgram(
            ["python3", "echo.py"], environment: ["XDG_RUNTIME_DIR": "/nonexistent"],
            directory: "\(ExampleProgram.root)/Examples/python-client")
        let (status, text) = program.finish()
        #expect(status != 0)
        #expect(text.contains("/nonexistent/parley/control.sock"), "\(text)")
    }
}
