import JSON

/// One client of the control protocol that waits for its answers: JSON-RPC 2.0, a line each.
final class DaemonConnection {
    private let socket: UnixSocket
    private var received: [UInt8] = []
    private var lastID: Int64 = 0
    /// Notifications that came while an answer was waited for, oldest first.
    private var events: [JSONValue] = []

    init(to location: SocketLocation) throws(DaemonError) {
        socket = try UnixSocket(paths: location.controlPaths)
    }

    /// Readable when ``takeEvents()`` may have something new.
    var fd: CInt { socket.fd }
    var path: String { socket.path }

    /// Calls a method and waits for its answer.
    func call(
        _ method: String, _ parameters: JSONObject = [:]
    ) throws(DaemonError) -> JSONValue {
        lastID += 1
        let request: JSONValue = [
            "jsonrpc": "2.0", "id": .integer(lastID), "method": .string(method),
            "params": .object(parameters),
        ]
        var bytes: [UInt8] = []
        request.serialize(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        try socket.send(bytes)
        while true {
            while let message = try nextMessage() {
                if message["method"] != nil {
                    events.append(message["params"] ?? .null)
                } else if message["id"]?.integerValue == lastID || message["id"]?.isNull == true {
                    return try DaemonConnection.result(of: message)
                }
            }
            guard try socket.receive(into: &received) else {
                throw .broken("the gateway closed it")
            }
        }
    }

    /// Reads what is there, which must be something, and returns all events so far.
    func takeEvents() throws(DaemonError) -> [JSONValue] {
        guard try socket.receive(into: &received) else { throw .broken("the gateway closed it") }
        while let message = try nextMessage() where message["method"] != nil {
            events.append(message["params"] ?? .null)
        }
        return pendingEvents()
    }

    /// Events that came beside answers.
    func pendingEvents() -> [JSONValue] {
        defer { events = [] }
        return events
    }

    private func nextMessage() throws(DaemonError) -> JSONValue? {
        guard let end = received.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = received[..<end]
        defer { received.removeSubrange(...end) }
        do throws(JSONError) {
            return try JSONValue(parsing: line, maximumDepth: 512)
        } catch {
            throw .broken("what it says is \(error)")
        }
    }

    private static func result(of message: JSONValue) throws(DaemonError) -> JSONValue {
        if let error = message["error"] {
            throw .refused(
                code: error["data"]?["code"]?.stringValue,
                message: error["message"]?.stringValue ?? "the gateway refused")
        }
        guard let result = message["result"] else { throw .broken("an answer without a result") }
        return result
    }
}
