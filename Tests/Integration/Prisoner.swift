import Control
import Foundation
import JSON
import Testing

/// A hostile plugin that tries what the sandbox must deny: from its constructor on, and again when it
/// connects.
enum Prisoner {
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
            "resolver": [0, ENOENT], "beside the resolver": [EACCES, ENOENT], "watch": [EPERM],
            // Other sockets.
            "packets": [EAFNOSUPPORT], "raw": [EPERM], "kernel crypto": [EAFNOSUPPORT],
            "audit": [EPROTONOSUPPORT], "sctp": [EPROTONOSUPPORT],
            "tcp": [0], "udp6": [0, EAFNOSUPPORT], "routes": [0],
            // Processes.
            "fork": [EPERM], "clone": [EPERM], "exec": [EPERM], "fexec": [EPERM],
            "kill all": [EPERM],
            // The terms it lives by.
            "outlive": [EPERM], "dumpable": [EPERM], "session": [EPERM], "group": [EPERM],
            "nice all": [EPERM], "terminal": [EPERM], "terminal's reader": [EPERM],
            "terminal's session": [EPERM], "terminal's discipline": [EPERM],
            "first in, first out": [EPERM], "round robin": [EPERM],
            "real time by attributes": [EPERM], "batch": [0], "ordinary": [0],
            "real-time limit": [EPERM], "nice limit": [EPERM], "descriptor limit": [EPERM],
            // The kernel.
            "io_uring": [EPERM], "bpf": [EPERM], "userfaultfd": [EPERM], "keyctl": [EPERM],
            "perf": [EPERM], "mount": [EPERM], "unshare": [EPERM], "chroot": [EPERM],
            "setuid": [EPERM], "shared memory": [EPERM], "write and execute": [EPERM],
            "execute later": [EPERM], "execute shared": [EPERM], "unknown call": [ENOSYS],
            "foreign call": [EPERM], "x32 call": [ENOSYS],
        ]
        for process in ["parent", "daemon", "neighbour"] {
            for file in ["mem", "environ", "maps", "fd", "root", "cwd"] {
                expected["\(process) \(file)"] = [EACCES]
            }
            for call in [
                "ptrace", "readv", "kill", "tgkill", "sigqueue", "pidfd", "prlimit", "priority",
                "affinity", "owner", "owner of a kind", "owner by ioctl", "group by ioctl",
                "signal",
            ] { expected["\(process) \(call)"] = [EPERM] }
        }
        return expected
    }()

    /// Lets it try, beside a session of another plugin. - Returns: the process that it lives in.
    static func reachesNothing(of daemon: DaemonUnderTest) throws -> pid_t {
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
            compare(try #require(event["data"]?["errnos"]?.objectValue), at: moment)
        }
        #expect(try String(contentsOfFile: "\(place)/secret", encoding: .utf8) == "secret")
        for name in ["written", "made", "linked", "moved", "fifo"] {
            #expect(!FileManager.default.fileExists(atPath: "\(place)/\(name)"))
        }
        let steady = try client.call("sessions.get", ["session": "neighbour"])
        #expect(steady["state"] == "connected")
        return try #require(daemon.hosts(of: "prisoner.so").first)
    }

    private static func compare(_ errnos: JSONObject, at moment: String) {
        var seen: Set<String> = []
        for (attempt, result) in errnos.members {
            seen.insert(attempt)
            let code = Int32(truncatingIfNeeded: result.integerValue ?? -1)
            let allowed = expected[attempt] ?? []
            #expect(
                allowed.contains(code),
                "\(moment): \(attempt) answered \(code), \(String(cString: strerror(code)))")
        }
        let foreign: Set = ["foreign call", "x32 call"]
        #expect(Set(expected.keys).subtracting(foreign).isSubset(of: seen), "all was tried")
    }
}
