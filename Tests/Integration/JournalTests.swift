import Control
import Foundation
import JSON
import Testing

/// Entries of the journal and their fields.
@Suite(.serialized) struct JournalTests {
    @Test func whatHappensToASessionIsFoundByItsFields() throws {
        let journal = try FakeJournal()
        let daemon = try DaemonUnderTest(wrapper: journal.wrapper)
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "local": ["kind": "stream"], "wait": true,
                "reconnect": ["initialMs": 10, "maximumMs": 50],
            ])
        kill(try #require(daemon.hosts(of: "loopback.so").first), SIGKILL)
        let death = try journal.entry("the death") { $0["MESSAGE"]?.contains("SIGKILL") == true }
        #expect(death["PARLEY_TRANSPORT"] == "loopback" && death["PRIORITY"] == "3")
        for (state, priority) in [
            ("connecting", "6"), ("connected", "6"), ("reconnecting", "4"),
        ] {
            let entry = try journal.entry(state) { $0["PARLEY_EVENT"] == "session_\(state)" }
            #expect(entry["PRIORITY"] == priority, "\(entry)")
            #expect(entry["PARLEY_SESSION"] == "s1" && entry["PARLEY_TRANSPORT"] == "loopback")
            #expect((entry["MESSAGE_ID"] == nil) == (state == "connecting"), "\(entry)")
        }
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "local": ["kind": "stream"],
                "options": ["refuse": "not today"],
            ])
        let failed = try journal.entry("it failed") { $0["PARLEY_EVENT"] == "session_failed" }
        #expect(failed["PRIORITY"] == "3" && failed["PARLEY_SESSION"] == "s2", "\(failed)")
        #expect(daemon.log == "", "all of it is in the journal")
    }

    @Test func whatIsWrongWithASessionOfConfigNamesIt() throws {
        let journal = try FakeJournal()
        let daemon = try DaemonUnderTest(
            config: """
                [transports.loopback]
                apiKey = { credential = "absent" }

                [[session]]
                name = "desk"
                transport = "no-such"
                local = { kind = "stream" }
                """, wrapper: journal.wrapper)
        let unknown = try journal.entry("the plugin is not there") {
            $0["MESSAGE"]?.hasPrefix("session desk: ") == true
        }
        #expect(unknown["PARLEY_SESSION"] == "desk" && unknown["PARLEY_TRANSPORT"] == "no-such")
        _ = try daemon.client().call(
            "sessions.create",
            [
                "transport": "loopback", "local": ["kind": "stream"],
                "options": ["needSecret": "apiKey"],
            ])
        let secret = try journal.entry("the secret is not there") {
            $0["MESSAGE"]?.contains("credential \"absent\" can't be read") == true
        }
        #expect(secret["PARLEY_SESSION"] == "s1" && secret["PARLEY_TRANSPORT"] == "loopback")
    }

    @Test func aRefusedFileIsToldOnce() throws {
        let journal = try FakeJournal()
        let daemon = try DaemonUnderTest(wrapper: journal.wrapper)
        let bad = "\(daemon.transportDirectory)/bad.so"
        try "no shared object".write(toFile: bad, atomically: true, encoding: .utf8)
        _ = try journal.entry("it is refused") { $0["PARLEY_EVENT"] == "transport_failed" }
        // Whatever is told of it was told before the answer to this.
        _ = try daemon.client().call("gateway.status")
        journal.listen()
        #expect(
            journal.entries.count { $0["MESSAGE"]?.contains(bad) == true } == 1,
            "\(journal.entries)")
    }

    @Test func whyTheDaemonDoesNotStartIsAnErrorOfTheCatalogue() throws {
        let journal = try FakeJournal()
        let daemon = try DaemonUnderTest()
        try "nonsense = true\n".write(
            toFile: "\(daemon.directory)/bad.toml", atomically: true, encoding: .utf8)
        let starts: [(arguments: [String], status: Int32, reason: String)] = [
            (["--no-such-option"], 2, "unknown option --no-such-option"),
            (["--config", "\(daemon.directory)/bad.toml"], 78, "nonsense"),
            (daemon.arguments, 1, "another parleyd runs in"),
        ]
        for (arguments, status, reason) in starts {
            #expect(try journal.run(daemon.program(arguments)) == status, "\(reason)")
            let entry = try journal.entry(reason) { $0["MESSAGE"]?.contains(reason) == true }
            #expect(entry["PRIORITY"] == "3" && entry["PARLEY_EVENT"] == "start_failed")
            #expect(entry["MESSAGE_ID"]?.count == 32, "\(entry)")
        }
    }
}
