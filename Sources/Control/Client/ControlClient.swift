import CLinux
import EventLoop
import Glibc
import JSON

/// Why a call of the client failed.
public enum ControlClientError: Error, CustomStringConvertible {
    /// Nobody answers at any of these.
    case noDaemon(tried: [(path: String, reason: String)])
    case connectionLost
    case timeout
    /// The daemon refused: JSON-RPC's code, the stable word if any, the sentence.
    case refused(code: Int64, word: String?, message: String)
    case malformed(String)

    public var description: String {
        switch self {
        case .noDaemon(let tried):
            "no parleyd answers; tried "
                + tried.map { "\($0.path) (\($0.reason))" }.joined(separator: ", ")
        case .connectionLost: "parleyd closed the connection"
        case .timeout: "parleyd did not answer in time"
        case .refused(_, let word, let message): word.map { "\(message) (\($0))" } ?? message
        case .malformed(let why): "parleyd sent something that is not its protocol: \(why)"
        }
    }
}

/// A blocking client of the control socket. One thread at a time.
public final class ControlClient {
    /// The socket that answered.
    public let path: String
    private let socket: FileDescriptor
    private var buffer: [UInt8] = []
    private var lastID: Int64 = 0
    private var events: [JSONValue] = []

    /// Connects to the first of `paths` that answers.
    public init(paths: [String]) throws(ControlClientError) {
        var tried: [(path: String, reason: String)] = []
        for path in paths {
            let fd = Glibc.socket(
                AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            let descriptor = FileDescriptor(owning: fd)
            guard var address = UnixAddress(path) else {
                tried.append((path, "the path is too long"))
                continue
            }
            if address.connect(fd) == 0 {
                self.path = path
                socket = descriptor
                return
            }
            tried.append((path, String(cString: strerror(errno))))
        }
        throw .noDaemon(tried: tried)
    }

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
            if let error = message["error"] {
                throw .refused(
                    code: error["code"]?.integerValue ?? 0,
                    word: error["data"]?["code"]?.stringValue,
                    message: error["message"]?.stringValue ?? "no message")
            }
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
    public func sendRaw(_ bytes: [UInt8]) throws(ControlClientError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    socket.raw, buffer.baseAddress.map { $0 + sent }, bytes.count - sent,
                    CInt(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .connectionLost }
            sent += count
        }
    }

    private func send(_ object: JSONObject) throws(ControlClientError) {
        var bytes: [UInt8] = []
        JSONValue.object(object).serialize(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        try sendRaw(bytes)
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
            try fill(deadlineNs: deadlineNs)
        }
    }

    private func fill(deadlineNs: UInt64?) throws(ControlClientError) {
        var timeoutMs: CInt = -1
        if let deadlineNs {
            let nowNs = MonotonicClock.nowNs
            guard deadlineNs > nowNs else { throw .timeout }
            timeoutMs = CInt(clamping: (deadlineNs - nowNs) / 1_000_000 + 1)
        }
        var descriptor = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
        let ready = poll(&descriptor, 1, timeoutMs)
        if ready < 0 && errno == EINTR { return }
        guard ready > 0 else { throw .timeout }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket.raw, &chunk, chunk.count, 0)
        if count < 0 && errno == EINTR { return }
        guard count > 0 else { throw .connectionLost }
        buffer += chunk[..<count]
    }
}
