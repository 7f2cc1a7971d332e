import Control
import ControlProtocol
import EventLoop
import Foundation
import JSON

/// The daemon's own server on a socket in a temporary directory, with answers that are made up.
@LoopActor
final class ScriptedGateway: ControlService {
    let directory: String
    private let server = ControlServer(version: "1.2.3")
    private var listeners: [UnixListener] = []
    private var door: AudioDoor?
    private(set) var requests: [(method: String, parameters: JSONObject)] = []

    /// Starts one, and the loop that it needs first.
    nonisolated static func start() async throws -> ScriptedGateway {
        EventLoop.startThread()
        return try await ScriptedGateway()
    }

    private init() throws {
        var template = Array("/tmp/parleyctl.XXXXXX".utf8CString)
        directory = mkdtemp(&template).map { String(cString: $0) } ?? "/nowhere"
        server.service = self
        let server = self.server
        listeners.append(
            try UnixListener(path: "\(directory)/control.sock") {
                server.accept($0, role: .control)
            })
        let door = AudioDoor { request, socket in Self.admit(request, socket) }
        self.door = door
        listeners.append(try UnixListener(path: "\(directory)/audio.sock") { door.accept($0) })
    }

    func close() {
        server.close()
        for listener in listeners { listener.close() }
        try? FileManager.default.removeItem(atPath: directory)
    }

    var isWatched: Bool { server.hasSubscribers(.sessionState) }

    func publish(_ type: EventType, _ data: JSONValue) {
        server.publish(type, session: "s1", data)
    }

    func answer(
        _ method: String, _ parameters: JSONObject, from caller: ControlCaller
    ) async throws(ControlError) -> JSONValue {
        requests.append((method, parameters))
        switch method {
        case "gateway.info":
            return ["product": "parley", "version": "1.2.3", "role": .string(caller.role.rawValue)]
        case "sessions.list":
            return [
                "sessions": [
                    [
                        "session": "s1", "name": "echo", "transport": "loopback",
                        "state": "connected", "local": ["kind": "stream"],
                    ]
                ]
            ]
        case "sessions.close": throw ControlError(.unknownSession, "there is no session nobody")
        case "sessions.create": return ["session": "s1", "state": "connected"]
        default: return [:]
        }
    }

    func snapshot(for role: Role) -> JSONValue { ["sessions": [], "soundServer": [:]] }
    func sessionID(of name: String) -> String? { "s1" }

    /// Sends two samples and the end.
    private static func admit(
        _ request: AudioRequest, _ socket: FileDescriptor
    ) -> Result<JSONValue, ControlError> {
        guard request.session == "echo" else {
            return .failure(ControlError(.unknownSession, "there is no session \(request.session)"))
        }
        let format: JSONValue = ["format": "pcm_s16le", "rate": 24000, "channels": 1]
        AudioDoor.write(format, to: socket)
        write(socket.raw, [UInt8]([1, 2, 3, 4]), 4)
        return .success(format)
    }
}

/// Runs the program as a shell would.
struct Program {
    let status: Int32
    let output: String
    let error: String

    init(_ arguments: [String], input: String = "", environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = Program.url
        process.arguments = arguments
        process.environment = environment
        let (given, output, error) = (Pipe(), Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = output
        process.standardError = error
        try process.run()
        given.fileHandleForWriting.write(Data(input.utf8))
        try given.fileHandleForWriting.close()
        self.output = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        self.error = String(
            decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
    }

    /// Beside the program that runs these tests.
    static let url = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "parleyctl")
}
