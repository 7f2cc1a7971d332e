import Control
import Foundation
import JSON
import SoundServer
import Testing

/// A real parleyd with directories of its own, ended by its own process id when the test is over.
final class DaemonUnderTest {
    struct Failure: Error, CustomStringConvertible { let description: String }

    let directory: String
    var runtimeDirectory: String { "\(directory)/run" }
    var transportDirectory: String { "\(directory)/transports" }
    private(set) var process = Process()
    private let environment: [String: String]
    private let config: String
    /// A shell's commands before the daemon, in a mount namespace of their own.
    private let wrapper: String?
    private let moreArguments: [String]

    /// Starts the daemon and waits until it answers and knows the loopback.
    ///
    /// - Parameters:
    ///   - sound: the sound server; nil for none.
    ///   - config: text of `parley.toml` behind `version = 1`.
    ///   - wrapper: commands of a shell that the daemon takes the place of; what they mount
    ///     nobody else sees.
    ///   - arguments: beside those that every daemon of a test gets.
    ///   - environment: variables for the daemon beside those of the test.
    init(
        sound: PrivateSoundServer? = nil, config: String = "", wrapper: String? = nil,
        arguments moreArguments: [String] = [],
        environment more: [String: String] = [:]
    ) throws {
        directory = try Self.makeDirectory()
        self.wrapper = wrapper
        self.config = config
        self.moreArguments = moreArguments
        var environment = sound?.environment ?? ProcessInfo.processInfo.environment
        if sound == nil { environment["PULSE_SERVER"] = "unix:\(directory)/no-such-socket" }
        environment["XDG_CACHE_HOME"] = "\(directory)/cache"
        environment["HOME"] = directory
        environment.merge(more) { $1 }
        self.environment = environment
        for name in ["run", "transports", "cache"] {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
        }
        try install(plugin: "\(Self.buildDirectory)/libloopback.so", as: "loopback.so")
        try write(config: config)
        try start()
    }

    deinit {
        lookForKeys()
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        // A debug build holds every answer and event against what rpc.discover declares.
        for line in Set(log.split(separator: "\n")) where line.contains("error: protocol: ") {
            Issue.record("\(line)")
        }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Where the tests' own binary lies, and the daemon beside it.
    static var buildDirectory: String {
        let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        // The bundle may be run by a helper of the toolchain; then the first argument names it.
        let bundle =
            program.contains(".build")
            ? program : CommandLine.arguments.first { $0.contains(".build") } ?? program
        var url = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        while url.path.count > 1,
            !FileManager.default.fileExists(atPath: url.appendingPathComponent("parleyd").path)
        {
            url.deleteLastPathComponent()
        }
        return url.path
    }

    private static func makeDirectory() throws -> String {
        var template = Array("/tmp/parley-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(description: "mkdtemp failed, errno \(errno)")
        }
        return template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    // MARK: Parts

    /// Puts a plugin in place as a user should: by rename.
    func install(plugin: String, as name: String) throws {
        guard FileManager.default.fileExists(atPath: plugin) else {
            throw Failure(
                description:
                    "\(plugin) is not built: swift build, and --product loopback or openai-websocket"
            )
        }
        let hidden = "\(transportDirectory)/.\(name).new"
        try? FileManager.default.removeItem(atPath: hidden)
        try FileManager.default.copyItem(atPath: plugin, toPath: hidden)
        guard rename(hidden, "\(transportDirectory)/\(name)") == 0 else {
            throw Failure(description: "rename failed, errno \(errno)")
        }
    }

    func write(config: String) throws {
        try "version = 1\n\(config)\n".write(
            toFile: "\(directory)/parley.toml", atomically: true, encoding: .utf8)
    }

    /// Another parleyd on the same directories, or the same program with other arguments; not started.
    func program(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(Self.buildDirectory)/parleyd")
        process.arguments = arguments
        process.environment = environment
        return process
    }

    var arguments: [String] {
        [
            "--config", "\(directory)/parley.toml", "--runtime-directory", runtimeDirectory,
            "--trust-transport-directory", transportDirectory,
        ] + moreArguments
    }

    private func start() throws {
        process = program(arguments)
        if let wrapper {
            // Neither `unshare` nor `exec` changes the process id.
            let program = process.executableURL?.path ?? ""
            process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
            process.arguments =
                [geteuid() == 0 ? "-m" : "-rm", "/bin/sh", "-ec", "\(wrapper)\nexec \"$0\" \"$@\""]
                + [program] + arguments
        }
        _ = FileManager.default.createFile(atPath: "\(directory)/log", contents: nil)
        process.standardError = FileHandle(forWritingAtPath: "\(directory)/log")
        try process.run()
        try until("the daemon knows the loopback") {
            guard let client = try? self.client() else { return false }
            let answer = try? client.call("transports.describe", ["transport": "loopback"])
            return answer?["state"]?.stringValue == "available"
        }
    }

    /// What the daemon logged so far.
    var log: String { (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? "" }

    func client(_ socket: String = "control.sock") throws -> ControlClient {
        try ControlClient(paths: ["\(runtimeDirectory)/\(socket)"])
    }

    // MARK: Waiting

    /// Looks every 10 ms until `condition` holds; a machine that is slow gets a minute.
    func until(_ what: String, _ condition: () throws -> Bool) throws {
        for _ in 0..<6_000 {
            if try condition() { return }
            guard process.isRunning else {
                throw Failure(description: "parleyd ended while waiting for \(what):\n\(log)")
            }
            usleep(10_000)
        }
        throw Failure(description: "not in time: \(what); the daemon said:\n\(log)")
    }

    /// The next event of a type, whatever comes before it.
    static func event(
        _ type: String, from client: ControlClient,
        where matches: (JSONValue) -> Bool = { _ in true }
    ) throws -> JSONValue {
        while true {
            let event = try client.nextEvent(timeout: .seconds(60))
            if event["type"]?.stringValue == type, matches(event) { return event }
        }
    }

    /// Ends the daemon as a crash would, and starts it again on the same directories.
    func killAndRestart() throws {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try start()
    }

    /// Sends a signal and waits for the end. - Returns: the exit status.
    func end(_ signal: Int32 = SIGTERM) -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }
}
