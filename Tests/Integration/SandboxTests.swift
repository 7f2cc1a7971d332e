import Control
import Foundation
import JSON
import Testing

/// What a hostile plugin can reach: it tries from its constructor on, and again when it connects.
@Suite(.serialized) struct SandboxTests {
    /// By what was tried: the errnos that are right.
    private static let expected: [String: Set<Int32>] = {
        var expected: [String: Set<Int32>] = [
            // The sound server, devices of sound, the daemon's own sockets.
            "sound server": [EAFNOSUPPORT], "abstract socket": [EAFNOSUPPORT],
            "control socket": [EAFNOSUPPORT], "stream pair": [EISCONN], "datagram pair": [EPERM],
            "own control socket": [EISCONN, EPROTOTYPE],
            "sound device": [EACCES, ENOENT], "sound devices": [EACCES, ENOENT],
            // Files.
            "secret": [EACCES], "list": [EACCES], "credentials": [EACCES], "shadow": [EACCES],
            "ssh": [EACCES], "private keys": [EACCES, ENOENT], "link to a secret": [EACCES],
            "root by proc": [EACCES], "write": [EROFS], "write configured": [EROFS],
            "write /tmp": [EROFS], "temporary": [EROFS], "truncate": [EROFS], "mkdir": [EROFS],
            "unlink": [EROFS], "rename": [EROFS], "link": [EROFS], "symlink": [EROFS],
            "mkfifo": [EROFS], "chmod": [EROFS], "chown": [EROFS], "openat2": [ENOSYS],
            "configured file": [0], "authorities": [0], "names": [0], "own map": [0],
            // Other sockets.
            "packets": [EAFNOSUPPORT], "raw": [EPERM], "kernel crypto": [EAFNOSUPPORT],
            "audit": [EPROTONOSUPPORT], "sctp": [EPROTONOSUPPORT],
            "tcp": [0], "udp6": [0, EAFNOSUPPORT], "routes": [0],
            // Processes.
            "fork": [EPERM], "clone": [EPERM], "exec": [EPERM], "fexec": [EPERM],
            "kill all": [EPERM], "parent": [EPERM],
            // The terms it lives by.
            "outlive": [EPERM], "dumpable": [EPERM], "session": [EPERM], "group": [EPERM],
            "nice all": [EPERM], "terminal": [EPERM],
            // The kernel.
            "io_uring": [EPERM], "bpf": [EPERM], "userfaultfd": [EPERM], "keyctl": [EPERM],
            "perf": [EPERM], "mount": [EPERM], "unshare": [EPERM], "chroot": [EPERM],
            "setuid": [EPERM], "shared memory": [EPERM], "write and execute": [EPERM],
            "execute later": [EPERM], "unknown call": [ENOSYS], "foreign call": [EPERM],
            "x32 call": [ENOSYS],
        ]
        for process in ["daemon", "neighbour"] {
            for file in ["mem", "environ", "maps", "fd", "root", "cwd"] {
                expected["\(process) \(file)"] = [EACCES]
            }
            for call in [
                "ptrace", "readv", "kill", "tgkill", "sigqueue", "pidfd", "prlimit", "priority",
                "affinity",
            ] { expected["\(process) \(call)"] = [EPERM] }
        }
        return expected
    }()

    @Test func aHostilePluginReachesNothingFromItsConstructorOn() throws {
        let daemon = try DaemonUnderTest()
        let place = daemon.directory
        for name in ["secret", "configured.pem", "credentials/openai-api-key", ".ssh/id_ed25519"] {
            let file = URL(fileURLWithPath: "\(place)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try "secret".write(to: file, atomically: true, encoding: .utf8)
        }
        symlink("\(place)/secret", "\(place)/link")
        try daemon.write(
            config: """
                [transports.prisoner]
                caFile = "\(place)/configured.pem"
                """)
        let client = try daemon.client()
        _ = try client.call("gateway.reload")
        // A neighbour: the host of another plugin.
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "neighbour", "wait": true,
                "local": ["kind": "stream"],
            ])
        let neighbour = try #require(daemon.hosts(of: "loopback.so").first)
        let processes = [
            "-DDAEMON=\(daemon.process.processIdentifier)", "-DNEIGHBOUR=\(neighbour)",
        ]
        try daemon.add(
            "prisoner", DaemonUnderTest.fixture("prisoner"), ["-DPLACE=\"\(place)\""] + processes)
        _ = try client.call("events.subscribe", ["types": ["transport_event"]])
        _ = try client.call(
            "sessions.create",
            ["transport": "prisoner", "name": "p", "wait": true, "local": ["kind": "stream"]])
        for moment in ["constructor", "connect"] {
            let event = try DaemonUnderTest.event("transport_event", from: client)
            #expect(event["data"]?["type"]?.stringValue == moment)
            let errnos = try #require(event["data"]?["errnos"]?.objectValue)
            var seen: Set<String> = []
            for (attempt, result) in errnos.members {
                seen.insert(attempt)
                let code = Int32(truncatingIfNeeded: result.integerValue ?? -1)
                let allowed = Self.expected[attempt] ?? []
                #expect(
                    allowed.contains(code),
                    "\(moment): \(attempt) answered \(code), \(String(cString: strerror(code)))")
            }
            let foreign: Set = ["foreign call", "x32 call"]
            #expect(
                Set(Self.expected.keys).subtracting(foreign).isSubset(of: seen), "all was tried")
        }
        #expect(try String(contentsOfFile: "\(place)/secret", encoding: .utf8) == "secret")
        for name in ["written", "made", "linked", "moved", "fifo"] {
            #expect(!FileManager.default.fileExists(atPath: "\(place)/\(name)"))
        }
        let steady = try client.call("sessions.get", ["session": "neighbour"])
        #expect(steady["state"] == "connected")
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

    @Test func everyProcessIsConfinedAndUndumpable() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.client()
        _ = try client.call(
            "sessions.create",
            ["transport": "loopback", "name": "s", "wait": true, "local": ["kind": "stream"]])
        let host = try #require(daemon.hosts(of: "loopback.so").first)
        let main = daemon.process.processIdentifier
        let spawner = try #require(Self.status(host)["PPid"].flatMap { pid_t($0) })
        for pid in [main, spawner, host] {
            // Every thread, also those of libpulse and the engine.
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
            for thread in threads {
                let status = Self.status(pid, thread)
                #expect(status["Seccomp"] == "2", "\(status["Name"] ?? "")")
                #expect(status["NoNewPrivs"] == "1", "\(status["Name"] ?? "")")
            }
        }
        #expect(Self.status(host)["CapPrm"]?.dropFirst(12).allSatisfy { "04".contains($0) } == true)
        // What is not dumpable belongs to root, whoever runs it; as root the program tells.
        #expect(try client.call("sessions.get", ["session": "s"])["state"] == "connected")
    }

    @Test func whatTheDaemonForbidsItselfHoldsForEveryThread() throws {
        let results = try Self.probe("on")
        let denied: [String: Int] = [
            "tcp": 97, "udp": 97, "tcp6": 97, "udp6": 97, "raw": 97, "packet": 97, "netlink": 97,
            "vsock": 97, "exec": 1, "fork": 1, "code": 1, "ptrace": 1, "kill": 1, "io_uring": 1,
            "keyctl": 1, "mount": 1, "unshare": 1, "thread: tcp": 97, "thread: fork": 1,
        ]
        for (attempt, code) in denied { #expect(results[attempt] == code, "\(attempt)") }
        for attempt in [
            "confined", "unix", "pair", "thread", "is there", "own signal", "real time",
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
        #expect(Self.status(daemon.process.processIdentifier)["Seccomp"] == "0")
    }

    private static func status(_ pid: pid_t, _ thread: String? = nil) -> [String: String] {
        let path = thread.map { "/proc/\(pid)/task/\($0)/status" } ?? "/proc/\(pid)/status"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        var status: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            status[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return status
    }
}
