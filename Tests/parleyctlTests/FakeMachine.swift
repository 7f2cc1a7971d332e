import Configuration
import Control
import Foundation
import JSON

@testable import parleyctl

/// A machine of files below a temporary directory, and answers that are made up.
final class FakeMachine {
    var machine = Machine()
    let root: String

    static let ada = Account(id: 4_711, name: "ada", group: 4_711, home: "/home/ada")
    static let parley = Account(id: 990, name: "parley", group: 990, groups: [29])

    init(userID: uid_t = 4_711, variables: [String: String] = [:]) throws {
        var template = Array("/tmp/parley-doctor-XXXXXX".utf8CString)
        root = mkdtemp(&template).map { String(cString: $0) } ?? "/nowhere"
        machine.root = root
        machine.userID = userID
        machine.userName = userID == 0 ? "root" : "ada"
        machine.environment = Environment(variables)
        machine.realTimeLimit = { 0 }
        machine.run = { _ in .init(status: 127, output: "") }
        machine.reach = { _, _ in .reached(address: "127.0.0.1") }
        machine.clock = { ClockReading(secondsSince1970: 1_790_000_000, isSynchronised: true) }
        machine.account = { id in
            [Self.ada, Self.parley].first { $0.id == id } ?? Account(id: id, name: "root", group: 0)
        }
        machine.accountNamed = { name in name == "parley" ? Self.parley : nil }
        machine.groupName = { group in group == 990 ? "parley" : nil }
        machine.sound = { _ in SoundReport(failure: "there is none") }
        machine.settings = { _ in .success(Settings()) }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func directory(_ path: String, mode: mode_t = 0o700) throws {
        try FileManager.default.createDirectory(
            atPath: root + path, withIntermediateDirectories: true)
        chmod(root + path, mode)
        chown(root + path, machine.userID, gid_t.max)
    }

    func file(_ path: String, _ text: String = "x", mode: mode_t = 0o600) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: root + folder, withIntermediateDirectories: true)
        try text.write(toFile: root + path, atomically: false, encoding: .utf8)
        chmod(root + path, mode)
    }

    /// A systemd whose services are as `states` says, by "system" and "user": what `is-active` and `is-enabled`
    /// print.
    ///
    /// - Parameter answers: to commands that contain the key.
    func systemd(
        _ states: [String: (String, String)] = [:], answers: [String: String] = [:]
    ) throws {
        try directory("/run/systemd/system")
        machine.run = { command in
            if let answer = answers.first(where: { command.contains($0.key) }) {
                return .init(status: 0, output: answer.value)
            }
            let state = states[command.contains("--user") ? "user" : "system"] ?? ("", "")
            if command.contains("is-active") { return .init(status: 0, output: state.0) }
            if command.contains("is-enabled") { return .init(status: 0, output: state.1) }
            return .init(status: 1, output: "")
        }
    }

    /// A gateway that answers at a path, as the user of that number.
    func gateway(
        at path: String, userID: Int64, answers: [String: JSONValue] = [:]
    ) {
        let answers = answers.merging([
            "gateway.info": ["version": "1", "role": "control"],
            "gateway.status": ["soundServer": ["state": "connected", "uid": .integer(userID)]],
        ]) { given, _ in given }
        machine.connect = { .success(GatewayLine(path: path) { answers[$0] }) }
    }

    /// No gateway: what each socket said.
    func noGateway(_ tried: [(String, String)]) {
        machine.connect = {
            .failure(.gateway(.noDaemon(tried: tried.map { (path: $0.0, reason: $0.1) })))
        }
    }
}

extension JudgedGateway {
    /// Of the user ada, who asks.
    static var own: JudgedGateway {
        JudgedGateway(
            manager: .user, account: FakeMachine.ada,
            sources: ConfigurationSources(
                environment: Environment(["HOME": "/home/ada", "XDG_RUNTIME_DIR": "/run/user/4711"]
                ),
                userID: 4_711),
            isOwn: true)
    }

    /// Of the account parley.
    static var system: JudgedGateway {
        JudgedGateway(
            manager: .system, account: FakeMachine.parley,
            sources: ConfigurationSources(environment: Environment([:]), userID: 0), isOwn: false)
    }
}
