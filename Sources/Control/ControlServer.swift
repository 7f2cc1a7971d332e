import CLinux
import ControlProtocol
import EventLoop
import Glibc
import JSON

/// Who asks.
public struct ControlCaller: Sendable {
    public let role: Role
    public let userID: uid_t
}

/// Answers the methods that the server does not know itself. Parameters have been checked against the
/// method's table row.
@LoopActor
public protocol ControlService: AnyObject {
    func answer(
        _ method: String, _ parameters: JSONObject, from caller: ControlCaller
    ) async throws(ControlError) -> JSONValue

    /// What a new subscriber needs to know to make sense of events; no history.
    func snapshot(for role: Role) -> JSONValue

    /// The id of a session by id or name; nil when there is none.
    func sessionID(of name: String) -> String?
}

/// JSON-RPC 2.0 over stream sockets, one object per line: accepts clients within limits, checks their
/// requests against the table of methods, and sends events to those who asked.
@LoopActor
public final class ControlServer {
    public var limits: ControlLimits
    public weak var service: (any ControlService)?
    /// Users allowed beside root and the daemon's own; nil lets the socket's mode decide alone.
    public var isAllowed: @LoopActor (Role, uid_t, gid_t) -> Bool = { _, _, _ in true }
    public let version: String
    private var connections: [ObjectIdentifier: ControlConnection] = [:]
    private var sequence: Int64 = 0

    public init(version: String, limits: ControlLimits = ControlLimits()) {
        self.version = version
        self.limits = limits
    }

    // MARK: Clients

    /// Takes a client that connected to the socket of `role`, or turns it away with the reason.
    public func accept(_ socket: FileDescriptor, role: Role) {
        var process = pid_t()
        var user = uid_t()
        var group = gid_t()
        guard parley_peer_credentials(socket.raw, &process, &user, &group) == 0 else { return }
        let isOwn = user == 0 || user == getuid()
        guard isOwn || isAllowed(role, user, group) else {
            return refuse(socket, ControlError(.forbidden, "user \(user) may not use this socket"))
        }
        let room = limits.clients - (isOwn ? 0 : limits.reservedClients)
        let sameUser = connections.values.count { $0.caller.userID == user }
        guard connections.count < room, sameUser < limits.clientsPerUser else {
            return refuse(
                socket,
                ControlError(
                    .limitExceeded,
                    "too many clients (\(connections.count), \(sameUser) of user \(user)): close some"
                ))
        }
        let caller = ControlCaller(role: role, userID: user)
        let connection = ControlConnection(socket: socket, caller: caller, server: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }

    private func refuse(_ socket: FileDescriptor, _ error: ControlError) {
        let line = ControlConnection.response(id: .null, error: error)
        _ = send(socket.raw, line, line.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
    }

    func forget(_ connection: ControlConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    public var clientCount: Int { connections.count }

    /// Ends all clients, after what waits for them is written as far as they take it.
    public func close() {
        for connection in connections.values { connection.finish() }
    }

    // MARK: Events

    public var lastSequence: Int64 { sequence }

    /// Whether anybody hears events of this type, so that they need not be made for nobody.
    public func hasSubscribers(_ type: EventType) -> Bool {
        connections.values.contains {
            $0.subscription?.wants(type, session: nil, role: $0.caller.role) == true
        }
    }

    /// Sends an event to everybody who wants it.
    public func publish(_ type: EventType, session: String? = nil, _ data: JSONValue) {
        sequence += 1
        let event = ControlEvent(
            type: type, session: session, data: data, sequence: sequence, timeMs: ControlEvent.nowMs
        )
        let key =
            type.isState ? "\(type.rawValue) \(session ?? data["name"]?.stringValue ?? "")" : nil
        var lines: [Bool: [UInt8]] = [:]
        for connection in connections.values {
            guard let subscription = connection.subscription,
                subscription.wants(type, session: session, role: connection.caller.role)
            else { continue }
            let rawAudio = subscription.rawAudio
            let line = lines[rawAudio] ?? event.line(rawAudio: rawAudio, limit: limits.eventSize)
            lines[rawAudio] = line
            connection.notify(line, key: key)
        }
    }
}
