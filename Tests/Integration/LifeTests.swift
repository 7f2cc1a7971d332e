import Control
import Foundation
import JSON
import Testing

/// How the daemon begins and ends.
@Suite(.serialized) struct LifeTests {
    @Test func aSessionThatWasWaitedForLeavesNoThreadBehind() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        let tasks = "/proc/\(daemon.process.processIdentifier)/task"
        let before = try FileManager.default.contentsOfDirectory(atPath: tasks).count
        for name in ["one", "two"] {
            _ = try client.call(
                "sessions.create",
                [
                    "transport": "loopback", "local": ["kind": "stream"], "wait": true,
                    "name": .string(name),
                ])
            _ = try client.call("sessions.close", ["session": .string(name)])
        }
        let after = try FileManager.default.contentsOfDirectory(atPath: tasks).count
        #expect(after == before, "a pool of threads wakes up every second for ever")
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aSignalEndsEverythingWithinASecond(_ signal: Int32) throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call("events.subscribe")
        for _ in 0..<4 {
            _ = try client.call(
                "sessions.create",
                ["transport": "loopback", "local": ["kind": "stream"], "wait": true])
        }
        let began = ContinuousClock.now
        #expect(daemon.end(signal) == 0, "log: \(daemon.log)")
        #expect(ContinuousClock.now - began < .seconds(5), "far more than the budget of 1 s")
        var closed = 0
        while let event = try? client.nextEvent(timeout: .seconds(1)) {
            if event["type"] == "session_closed" { closed += 1 }
        }
        #expect(closed == 4, "clients are told")
        for socket in ["control", "monitor", "audio"] {
            #expect(
                !FileManager.default.fileExists(atPath: "\(daemon.runtimeDirectory)/\(socket).sock")
            )
        }
    }

    @Test func aSecondDaemonLeavesWithTheReason() throws {
        let daemon = try DaemonUnderTest()
        let second = daemon.program(daemon.arguments)
        let output = Pipe()
        second.standardError = output
        try second.run()
        second.waitUntilExit()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(second.terminationStatus == 1)
        #expect(text.contains("another parleyd"))
        _ = try daemon.client().call("gateway.info")
    }

    @Test func aHalfWrittenConfigurationKeepsTheOldOne() throws {
        let daemon = try DaemonUnderTest(config: "[opus]\ncomplexity = 3")
        let client = try daemon.client()
        try daemon.write(config: "[opus]\ncomplexity = 1")
        let applied = try client.call("gateway.reload")
        #expect(applied["appliesToNewSessions"] == ["opus.complexity"])
        try daemon.write(config: "[opus\ncomplex")
        #expect {
            try client.call("gateway.reload")
        } throws: { error in
            "\(error)".contains("parley.toml:2") && "\(error)".contains("invalid_config")
        }
        _ = try client.call("gateway.info")
    }

    @Test func badConfigurationNamesFileLineAndKey() throws {
        let daemon = try DaemonUnderTest()
        try daemon.write(config: "[opus]\ncomplexity = 11\nbitrat = 5")
        let check = daemon.program(["--config", "\(daemon.directory)/parley.toml", "--check"])
        let output = Pipe()
        check.standardError = output
        try check.run()
        check.waitUntilExit()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(check.terminationStatus == 1)
        #expect(text.contains("parley.toml:3") && text.contains("opus.complexity"))
        #expect(text.contains("parley.toml:4") && text.contains("bitrat"))
    }
}

/// Sessions that the configuration asks for.
@Suite(.serialized) struct ConfiguredSessionTests {
    private let session = """
        [[session]]
        name = "door"
        transport = "loopback"
        [session.local]
        kind = "stream"
        rate = 16000
        """

    @Test func aSessionOfTheConfigurationStartsByItselfAndLeavesWithIt() throws {
        let daemon = try DaemonUnderTest(config: session)
        let client = try daemon.client()
        try daemon.until("the session is connected") {
            (try? client.call("sessions.get", ["session": "door"]))?["state"] == "connected"
        }
        try daemon.write(config: "")
        let answer = try client.call("gateway.reload")
        #expect(answer["sessionsRemoved"] == ["door"])
        try daemon.until("the session is gone") {
            try client.call("sessions.list")["sessions"] == []
        }
    }

    @Test func aSecretInTheConfigurationItselfIsRefused() throws {
        let daemon = try DaemonUnderTest(
            config: session + "\n[session.options]\napiKey = \"sk-canary-5\"\n")
        try daemon.until("the refusal is logged") { daemon.log.contains("was not started") }
        #expect(daemon.log.contains("name its place instead"))
        #expect(!daemon.log.contains("sk-canary-5"))
    }
}
