import ControlProtocol
import Foundation
import JSON
import Testing

@Suite("parleyctl as a program")
struct CommandTests {
    /// Runs the program against a gateway of its own.
    private func run(
        _ arguments: [String], input: String = ""
    ) async throws -> (program: Program, requests: [(method: String, parameters: JSONObject)]) {
        let gateway = try await ScriptedGateway.start()
        let program = try Program(
            arguments + ["--socket", gateway.directory], input: input)
        let requests = await gateway.requests
        await gateway.close()
        return (program, requests)
    }

    @Test("an answer is a table for people and one line of JSON for programs, status 0")
    func output() async throws {
        let human = try await run(["sessions"]).program
        #expect(human.status == 0, "\(human.error)")
        #expect(
            human.output == """
                SESSION  NAME  TRANSPORT  STATE      LOCAL
                s1       echo  loopback   connected  stream

                """)
        let json = try await run(["sessions", "--json"]).program
        #expect(json.output.hasSuffix("\n") && json.output.split(separator: "\n").count == 1)
        let parsed = try JSONValue(parsing: json.output)
        #expect(parsed["sessions"]?.arrayValue?.count == 1)
    }

    @Test("a refusal is status 1 with the gateway's sentence on standard error")
    func refused() async throws {
        let program = try await run(["close", "nobody"]).program
        #expect(program.status == 1)
        #expect(program.output == "")
        #expect(program.error == "parleyctl: there is no session nobody (unknown_session)\n")
    }

    @Test(
        "wrong usage is status 2",
        arguments: [
            ["nonsense"], ["close"], ["create", "x", "--rate", "8000"], ["call", "a.b", "{"],
            ["create", "x", "--option", "novalue"], ["call", "a.b", "[1]"],
        ])
    func usage(arguments: [String]) throws {
        let program = try Program(arguments)
        #expect(program.status == 2, "\(program.error)")
        #expect(!program.error.isEmpty)
    }

    @Test("no daemon is status 3 and lists what was tried")
    func noDaemon() throws {
        let program = try Program(["status"], environment: ["XDG_RUNTIME_DIR": "/nowhere"])
        #expect(program.status == 3)
        #expect(program.error.contains("/nowhere/parley/control.sock: No such file"))
        #expect(program.error.contains("/run/parley/control.sock"))
        let named = try Program(["status"], environment: ["PARLEY_SOCKET": "/nowhere/x.sock"])
        #expect(named.status == 3)
        #expect(named.error.contains("/nowhere/x.sock"))
        #expect(!named.error.contains("/run/parley"))
        let long = "/" + String(repeating: "x", count: 200) + "/control.sock"
        for command in [["status"], ["audio", "echo"]] {
            let program = try Program(command + ["--socket", long])
            #expect(program.status == 3)
            #expect(program.error.contains("the path is over 107 bytes long"))
        }
    }

    @Test("options of create become parameters, JSON where they are JSON")
    func create() async throws {
        let (program, requests) = try await run([
            "create", "loopback", "--name", "echo", "--stream", "--rate", "16000", "--option",
            "delayMs=500", "--option", "script=a=b", "--config", "{\"x\":[1]}",
        ])
        #expect(program.output == "s1 connected\n", "\(program.error)")
        #expect(
            requests.first?.parameters == [
                "transport": "loopback", "wait": true, "name": "echo",
                "local": ["kind": "stream", "rate": 16000],
                "options": ["delayMs": 500, "script": "a=b"], "sessionConfig": ["x": [1]],
            ])
    }

    @Test("a secret comes by standard input")
    func secret() async throws {
        let (program, requests) = try await run(
            ["provide-secret", "echo", "apiKey"], input: "sk-1\n")
        #expect(program.status == 0, "\(program.error)")
        #expect(requests.first?.parameters["value"] == "sk-1")
        #expect(program.output == "" && program.error == "")
    }

    @Test("an event can come by standard input")
    func event() async throws {
        let (_, requests) = try await run(["send-event", "echo", "-"], input: "{\"type\":\"x\"}")
        #expect(requests.first?.parameters["event"] == ["type": "x"])
    }

    @Test("audio carries bytes as they are, and its format on standard error")
    func audio() async throws {
        let program = try await run(["audio", "echo"]).program
        #expect(program.status == 0)
        #expect(Array(program.output.utf8) == [1, 2, 3, 4])
        #expect(program.error == "pcm_s16le, 24000 Hz, 1 channel\n")
        let refused = try await run(["audio", "nobody"]).program
        #expect(refused.status == 1)
        #expect(refused.error.contains("there is no session nobody (unknown_session)"))
    }

    @Test("watch prints a line for each event where there is no terminal, until the gateway ends")
    func watch() async throws {
        let gateway = try await ScriptedGateway.start()
        let process = Process()
        process.executableURL = Program.url
        process.arguments = ["watch", "--socket", gateway.directory]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = Pipe()
        try process.run()
        while await !gateway.isWatched { await Task.yield() }
        await gateway.publish(.sessionState, ["state": "connected"])
        let line = output.fileHandleForReading.availableData
        #expect(String(decoding: line, as: UTF8.self) == "s1  session state  state connected\n")
        process.terminate()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        await gateway.close()
    }

    @Test("the doctor works without a daemon, and says what to do")
    func doctor() throws {
        let program = try Program(
            ["doctor", "--json"],
            environment: ["PARLEY_SOCKET": "/nowhere", "PULSE_SERVER": "unix:/nowhere/pulse"])
        #expect(program.status == 1)
        let findings = try JSONValue(parsing: program.output)["findings"]?.arrayValue
        let problems = (findings ?? []).filter { $0["grade"] == "problem" }
        #expect(problems.count >= 2)
        for problem in problems { #expect(problem["remedy"]?.stringValue?.isEmpty == false) }
        #expect(problems.contains { $0["why"]?.stringValue?.contains("/nowhere/pulse") == true })
    }
}
