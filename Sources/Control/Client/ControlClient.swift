import EventLoop
import JSON

/// A blocking client of the control socket. One thread at a time.
public final class ControlClient {
    private let socket: ClientSocket
    private var buffer: [UInt8] = []
    private var lastID: Int64 = 0
    private var events: [JSONValue] = []

    /// Connects to the first of `paths` that answers.
    public convenience init(paths: [String]) throws(ControlClientError) {
        self.init(try ClientSocket(paths: paths))
    }

    init(_ socket: ClientSocket) { self.socket = socket }

    /// The socket that answered.
    public var path: String { socket.path }

    /// Calls a method and waits for its answer.
    ///
    /// - Parameter timeout: nil waits for ever.
    public func call(
        _ method: String, _ parameters: JSONObject = [:], timeout: Duration? = .seconds(60)
    ) throws(ControlClientError) -> JSONValue {
        lastID += 1
        let id = lastID
        try send([
            "jsonrpc": "2.0", "id": .integer(id), "method": .string(method),
            "params": .object(parameters),
        ])
        let deadlineNs = timeout.map { MonotonicClock.nowNs + $0.nanoseconds }
        while true {
            let message = try receive(deadlineNs: deadlineNs)
            if message["method"]?.stringValue == "event" {
                events.append(message["params"] ?? .null)
                continue
            }
            let answered = message["id"]
            guard answered == .integer(id) || answered == .null else { continue }
            if let error = message["error"] { throw .init(refusal: error) }
            return message["result"] ?? .null
        }
    }

    /// The next event after `events.subscribe`: an object with sequence, time, session, type and data.
    public func nextEvent(timeout: Duration? = nil) throws(ControlClientError) -> JSONValue {
        if !events.isEmpty { return events.removeFirst() }
        let deadlineNs = timeout.map { MonotonicClock.nowNs + $0.nanoseconds }
        while true {
            let message = try receive(deadlineNs: deadlineNs)
            if message["method"]?.stringValue == "event" { return message["params"] ?? .null }
        }
    }

    /// For polling beside other descriptors; readable when something came.
    public var fileDescriptor: CInt { socket.raw }

    /// Sends one line as it is, line end included: for tests of what a client should not send.
    public func sendRaw(_ bytes: [UInt8]) throws(ControlClientError) { try socket.send(bytes) }

    private func send(_ object: JSONObject) throws(ControlClientError) {
        var bytes: [UInt8] = []
        JSONValue.object(object).serialize(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        try socket.sendRequest(bytes)
    }

    /// The next line of the daemon.
    public func receive(deadlineNs: UInt64?) throws(ControlClientError) -> JSONValue {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[..<end]
                defer { buffer.removeFirst(end + 1) }
                do throws(JSONError) {
                    return try JSONValue(parsing: line, maximumDepth: 256)
                } catch {
                    throw .malformed("\(error)")
                }
            }
            guard try socket.receive(into: &buffer, deadlineNs: deadlineNs) else {
                throw .connectionLost
            }
        }
    }
}
