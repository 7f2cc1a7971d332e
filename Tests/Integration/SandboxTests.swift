import Control
import Foundation
import JSON
import Testing

/// What a hostile plugin can reach: it tries from its constructor on, and again when it connects.
@Suite(.serialized) struct SandboxTests {
    /// Commands before the daemon that give it limits which its plugins should not have, as far as the machine
    /// lets them, and a resolver's file in /run itself, beside a secret.
    private static let generous = """
        for limit in rtprio=20 nice=30 nofile=8192; do prlimit --pid $$ --$limit || true; done
        mount -t tmpfs tmpfs /run
        mkdir /run/etc /run/work
        mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work overlay /etc
        echo secret >/run/parley-secret
        echo nameserver 127.0.0.1 >/run/parley-resolver
        ln -sf /run/parley-resolver /etc/resolv.conf
        """

    @Test func aHostilePluginReachesNothingFromItsConstructorOn() throws {
        let daemon = try DaemonUnderTest(wrapper: Self.generous)
        let host = try Prisoner.reachesNothing(of: daemon)
        let main = daemon.process.processIdentifier
        let spawner = try #require(pid_t(DaemonUnderTest.status(of: host)["PPid"] ?? ""))
        // A host has its spawner's filter and its own.
        let filters = try [getpid(), main, spawner, host].map {
            try DaemonUnderTest.filters(of: $0)
        }
        #expect(filters.dropFirst().map { $0 - filters[0] } == [1, 1, 2])
    }

    @Test func aFileThatARequestNamesIsRefused() throws {
        let daemon = try DaemonUnderTest()
        try daemon.add("prisoner", DaemonUnderTest.fixture("prisoner"))
        let client = try daemon.client()
        #expect {
            try client.call(
                "sessions.create",
                [
                    "transport": "prisoner", "local": ["kind": "stream"],
                    "options": ["caFile": "/etc/shadow"],
                ])
        } throws: { error in
            "\(error)".contains("only configuration may")
        }
    }

    @Test func everyThreadOfEveryProcessIsConfined() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            ["transport": "loopback", "name": "s", "wait": true, "local": ["kind": "stream"]])
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        let main = daemon.process.processIdentifier
        let spawner = try #require(pid_t(DaemonUnderTest.status(of: host)["PPid"] ?? ""))
        for pid in [main, spawner, host] {
            // Every thread, also those of libpulse and the engine.
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
            for thread in threads {
                let status = DaemonUnderTest.status(of: pid, thread)
                #expect(status["Seccomp"] == "2", "\(status["Name"] ?? "")")
                #expect(status["NoNewPrivs"] == "1", "\(status["Name"] ?? "")")
            }
        }
        let capabilities = DaemonUnderTest.status(of: host)["CapPrm"]
        #expect(capabilities?.dropFirst(12).allSatisfy { "04".contains($0) } == true)
        #expect(try client.call("sessions.get", ["session": "s"])["state"] == "connected")
    }

    /// Neither may others of the same user look into them, nor does one leave its memory behind.
    @Test func noProcessCanBeDumped() throws {
        try #require(geteuid() == 0, "only root can start the daemon as somebody else")
        let daemon = try DaemonUnderTest(
            wrapper: """
                chown -R 4711:4711 "$HOME"
                cd "$HOME"
                ulimit -c unlimited
                exec setpriv --reuid=4711 --regid=4711 --clear-groups "$0" "$@"
                """)
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            ["transport": "loopback", "name": "s", "wait": true, "local": ["kind": "stream"]])
        let main = daemon.process.processIdentifier
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        let spawner = try #require(pid_t(DaemonUnderTest.status(of: host)["PPid"] ?? ""))
        for pid in [main, spawner, host] {
            #expect(DaemonUnderTest.status(of: pid)["Uid"]?.hasPrefix("4711") == true)
            // What is not dumpable belongs to root, whoever runs it.
            var status = stat()
            try #require(stat("/proc/\(pid)/environ", &status) == 0)
            #expect(status.st_uid == 0, "\(DaemonUnderTest.status(of: pid)["Name"] ?? "")")
        }
        // Where the machine hands dumps to a program instead, this alone tells nothing.
        for pid in [host, spawner, main] {
            // So that the daemon does not end by itself because its spawner did.
            kill(main, SIGSTOP)
            kill(pid, SIGABRT)
            if pid == main { kill(main, SIGCONT) }
            for _ in 0..<6_000 where DaemonUnderTest.isRunning(pid) { usleep(10_000) }
            #expect(!DaemonUnderTest.isRunning(pid))
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: daemon.directory)
        #expect(!left.contains { $0.hasPrefix("core") }, "\(left)")
    }

    @Test func whatTheDaemonForbidsItselfHoldsForEveryThread() throws {
        let results = try Self.probe("on")
        let denied: [String: Int] = [
            "tcp": 97, "udp": 97, "tcp6": 97, "udp6": 97, "raw": 97, "packet": 97, "netlink": 97,
            "vsock": 97, "exec": 1, "fork": 1, "code": 1, "ptrace": 1, "kill": 1, "io_uring": 1,
            "keyctl": 1, "mount": 1, "unshare": 1, "shared code": 1, "kill by descriptor": 1,
            "signal of a descriptor": 1, "terminal": 1, "thread: tcp": 97, "thread: fork": 1,
        ]
        for (attempt, code) in denied { #expect(results[attempt] == code, "\(attempt)") }
        for attempt in [
            "confined", "unix", "pair", "thread", "is there", "own signal", "flags of a descriptor",
            "real time",
        ] { #expect(results[attempt] == 0, "\(attempt)") }
        if results["landlock"] != 0 { #expect(results["device"] == Int(EACCES)) }
    }

    @Test func offIsOff() throws {
        let results = try Self.probe("off")
        #expect(results["tcp"] == 0)
        #expect(results["fork"] == 0)
    }

    /// The errnos that a process got that confined itself as the daemon does.
    private static func probe(_ mode: String) throws -> [String: Int] {
        let process = Process()
        process.executableURL = URL(
            fileURLWithPath: "\(DaemonUnderTest.buildDirectory)/sandbox-probe")
        process.arguments = [mode]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        var results: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { results[String(parts[1])] = Int(parts[0]) }
        }
        return results
    }

    @Test func theSandboxCanBeSwitchedOffWithALoudWarning() throws {
        let daemon = try DaemonUnderTest(arguments: ["--sandbox", "off"])
        #expect(daemon.log.contains("THE SANDBOX IS OFF"))
        let status = DaemonUnderTest.status(of: daemon.process.processIdentifier)
        #expect(status["Seccomp"] == "0")
    }
}
