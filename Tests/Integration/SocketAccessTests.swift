import Control
import Foundation
import Glibc
import JSON
import Testing

/// Who may use which socket, by config. Only root can become somebody else.
@Suite(.serialized, .enabled(if: getuid() == 0)) struct SocketAccessTests {
    private static let table = """
        [control.controlSocket]
        users = ["70001"]
        [control.monitorSocket]
        users = ["70002"]
        [control.audioSocket]
        users = ["70003"]
        """

    @Test func everySocketHasItsOwnUsersAlsoAfterAReload() throws {
        let daemon = try DaemonUnderTest(config: Self.table)
        try openFiles(of: daemon)
        let sockets = ["control.sock": 70_001, "monitor.sock": 70_002, "audio.sock": 70_003]
        func admitted(_ socket: String) throws -> [uid_t] {
            try [70_001, 70_002, 70_003, 70_004].filter { try isAdmitted($0, daemon, socket) }
        }
        for (socket, user) in sockets { #expect(try admitted(socket) == [uid_t(user)]) }
        try daemon.write(config: Self.table.replacing("7000", with: "7001"))
        _ = try daemon.client().call("gateway.reload")
        for socket in sockets.keys { #expect(try admitted(socket) == []) }
        try daemon.write(config: "")
        _ = try daemon.client().call("gateway.reload")
        for socket in sockets.keys { #expect(try admitted(socket).count == 4) }
    }

    /// The modes of the files would decide first.
    func openFiles(of daemon: DaemonUnderTest) throws {
        for path in [daemon.directory, daemon.runtimeDirectory] {
            try #require(chmod(path, 0o755) == 0)
        }
        for name in ["control.sock", "monitor.sock", "audio.sock", "metrics.sock"] {
            try #require(chmod("\(daemon.runtimeDirectory)/\(name)", 0o666) == 0)
        }
    }

    private func isAdmitted(
        _ user: uid_t, _ daemon: DaemonUnderTest, _ socket: String
    ) throws -> Bool {
        let path = "\(daemon.runtimeDirectory)/\(socket)"
        do {
            if socket == "audio.sock" {
                _ = try Self.acting(as: user) {
                    try AudioClient(paths: [path], request: ["session": "none"])
                }
            } else {
                let client = try Self.acting(as: user) { try ControlClient(paths: [path]) }
                _ = try client.call("gateway.info")
            }
        } catch ControlClientError.refused(_, let word, _) {
            return word != "forbidden"
        }
        return true
    }

    /// Changes the user of the calling thread alone, where the C library would change all of them; the
    /// kernel notes it at connect(2).
    static func acting<Result>(as user: uid_t, _ body: () throws -> Result) throws -> Result {
        typealias Call = @convention(c) (Int, Int, Int, Int) -> Int
        let call = unsafeBitCast(try #require(dlsym(nil, "syscall")), to: Call.self)
        #if arch(x86_64)
            let setUser = 117
        #else
            let setUser = 147
        #endif
        let keep = -1
        try #require(call(setUser, keep, Int(user), keep) == 0)
        defer { _ = call(setUser, keep, 0, keep) }
        return try body()
    }
}
