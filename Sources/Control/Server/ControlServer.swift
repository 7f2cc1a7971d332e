import CLinux
import ControlProtocol
import EventLoop
import Glibc
import JSON

/// Who asks.
public struct ControlCaller: Sendable {
    public let role: Role
    public let peer: Peer
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
    /// Who may use a socket beside root and the daemon's own user, further than its mode decides.
    public var isAllowed: @LoopActor (Role, Peer) -> Bool = { _, _ in true }
    public let version: String
    /// Holds what is sent against what `rpc.discover` tells clients.
    public var audit = ProtocolAudit()
    var figures = ControlFigures()
    private var connections: [ObjectIdentifier: ControlConnection] = [:]
    private var places = Places()
    private var sequence: Int64 = 0

    public init(version: String, limits: ControlLimits = ControlLimits()) {
        self.version = version
        self.limits = limits
    }

    // MARK: Clients

    /// Takes a client that connected to the socket of `role`, or turns it away with the reason.
    public func accept(_ socket: FileDescriptor, role: Role) {
        guard let peer = Peer(of: socket) else { return }
        accept(socket, from: peer, role: role)
    }

    func accept(_ socket: FileDescriptor, from peer: Peer, role: Role) {
        guard peer.isOwn || isAllowed(role, peer) else {
            return refuse(
                socket, ControlError(.forbidden, "user \(peer.userID) may not use this socket"))
        }
        let share = Places.Limits(
            total: limits.clients, perUser: limits.clientsPerUser, reserved: limits.reservedClients)
        guard places.enter(peer, share) else {
            return refuse(
                socket,
                ControlError(
                    .limitExceeded,
                    "too many clients (\(places.taken), \(places.taken(by: peer.userID)) of user "
                        + "\(peer.userID)): close some"))
        }
        let caller = ControlCaller(role: role, peer: peer)
        let connection = ControlConnection(socket: socket, caller: caller, server: self)
        connections[ObjectIdentifier(connection)] = connection
        figures.accepted += 1
        connection.start()
    }

    private func refuse(_ socket: FileDescriptor, _ error: ControlError) {
        figures.refused += 1
        let line = ResponseLine.bytes(id: .null, .failure(error))
        _ = send(socket.raw, line, line.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
    }

    func forget(_ connection: ControlConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        places.leave(connection.caller.peer)
    }

    public var clientCount: Int { connections.count }
    var clientRoles: [Role] { connections.values.map(\.caller.role) }
    /// Bytes that wait, of each client.
    var waitingBytes: [Int] { connections.values.map(\.waitingBytes) }

    /// Whether the long lines that have not ended yet, of this user and of all, are within their bounds.
    func hasRoomForLines(of peer: Peer) -> Bool {
        var total = 0
        var ofUser = 0
        for connection in connections.values {
            total += connection.unendedBytes
            if connection.caller.peer.userID == peer.userID { ofUser += connection.unendedBytes }
        }
        return total <= limits.unendedBytes && ofUser <= limits.unendedBytesPerUser
    }

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

    /// Called when somebody began or ceased to listen.
    public var onListeners: @LoopActor () -> Void = {}

    /// Whether anybody hears raw events of a session, and with their audio.
    public func hearsRawEvents(of session: String) -> (events: Bool, audio: Bool) {
        let hearing = connections.values.filter {
            $0.subscription?.wants(.transportEvent, session: session, role: $0.caller.role) == true
        }
        return (!hearing.isEmpty, hearing.contains { $0.subscription?.rawAudio == true })
    }

    /// Sends an event to everybody who wants it.
    public func publish(_ type: EventType, session: String? = nil, _ data: JSONValue) {
        sequence += 1
        audit.event(type, data)
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

    /// What a client that fell behind is told, with the sequence number of now.
    func lostLine(count: Int) -> [UInt8] {
        let event = ControlEvent(
            type: .lost, session: nil, data: ["count": .integer(Int64(count))],
            sequence: sequence, timeMs: ControlEvent.nowMs)
        return event.line(rawAudio: false, limit: limits.eventSize)
    }

    // MARK: Answers

    /// Lasts as long as the server: it tells of nothing that changes.
    private(set) lazy var discovery = OpenRPC.document(version: version)

    func answer(
        _ method: ControlMethod, _ parameters: JSONObject, from caller: ControlCaller
    ) async -> Result<JSONValue, ControlError> {
        guard let service else {
            return .failure(ControlError(.notSupported, "the daemon is about to end"))
        }
        do throws(ControlError) {
            return .success(try await service.answer(method.name, parameters, from: caller))
        } catch {
            return .failure(error)
        }
    }
}
