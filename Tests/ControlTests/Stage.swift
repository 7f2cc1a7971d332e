import ControlProtocol
import EventLoop
import Glibc
import JSON

@testable import Control

/// A control server on real sockets in a directory of its own, with a stub that answers.
@LoopActor
final class Stage: ControlService {
    nonisolated let directory: String
    let server: ControlServer
    private var listeners: [UnixListener] = []
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private(set) var answered: [String] = []

    nonisolated static func open(_ limits: ControlLimits = ControlLimits()) async throws -> Stage {
        EventLoop.startThread()
        return try await Stage(limits)
    }

    private init(_ limits: ControlLimits) throws {
        var template = Array("/tmp/parley-control-XXXXXX".utf8CString)
        directory = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
        }
        server = ControlServer(version: "0.0.1", limits: limits)
        server.service = self
        let server = server
        listeners = [
            try UnixListener(path: "\(directory)/control.sock") {
                server.accept($0, role: .control)
            },
            try UnixListener(path: "\(directory)/monitor.sock") {
                server.accept($0, role: .monitor)
            },
        ]
    }

    /// `session.interrupt` waits for ``release()``; everything else is answered with its parameters.
    func answer(
        _ method: String, _ parameters: JSONObject, from caller: ControlCaller
    ) async throws(ControlError) -> JSONValue {
        answered.append(method)
        if parameters["session"] == "gone" {
            throw ControlError(
                .unknownSession, "there is no session gone; sessions.list shows them")
        }
        if method == "session.interrupt" { await withCheckedContinuation { waiting.append($0) } }
        return .object(parameters)
    }

    /// A client of another user, which a test can't be.
    func client(of peer: Peer, role: Role = .control) throws -> sending Client {
        let (near, far) = try Client.pair()
        server.accept(near, from: peer, role: role)
        return far
    }

    /// A regular file, of which epoll(7) wants none: as a kernel that has no watch left.
    func acceptUnwatchable() {
        let fd = Glibc.open("\(directory)/file", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        unlink("\(directory)/file")
        server.accept(
            FileDescriptor(owning: fd), from: Peer(userID: getuid(), groupID: getgid()),
            role: .control)
    }

    func allow(_ isAllowed: @escaping @LoopActor @Sendable (Role, Peer) -> Bool) {
        server.isAllowed = isAllowed
    }

    var waitingCount: Int { waiting.count }

    func release() {
        for one in waiting { one.resume() }
        waiting = []
    }

    func snapshot(for role: Role) -> JSONValue { ["sessions": []] }
    func sessionID(of name: String) -> String? { name == "room" ? "s1" : nil }
    func publish(_ type: EventType, session: String? = nil, _ data: JSONValue) {
        server.publish(type, session: session, data)
    }

    func close() {
        release()
        server.close()
        for listener in listeners { listener.close() }
        rmdir(directory)
    }
}
