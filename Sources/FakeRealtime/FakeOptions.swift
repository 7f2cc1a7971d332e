/// How the fake behaves. Each option can be given to the program (`--option name=value`) and, for one
/// connection, in the URL's query (`?fake_name=value`), which counts more.
public struct FakeOptions: Sendable {
    public enum Dialect: String, Sendable { case ga, beta }

    /// What happens when the client's event of ``Fault/at`` has come.
    public struct Fault: Sendable, Equatable {
        public enum Kind: String, Sendable {
            /// The TCP connection is reset.
            case reset
            /// Nothing is read nor written any more.
            case stall
            /// A close frame with ``FakeOptions/closeCode``.
            case close
            /// Events that are none: no JSON, no type, wrong types, binary frames, an unknown type.
            case malformed
            /// An `error` event with ``FakeOptions/errorCode``.
            case error
            /// A message that nearly fills the 16 MiB that a client takes.
            case huge
            /// A message that is longer than these.
            case oversized
            /// A text message that is no UTF-8.
            case garbled
            /// Every event from here on comes in fragments of one byte, a ping between some.
            case fragments
            /// The lines of the file ``FakeOptions/script``, each as an event.
            case script
        }

        public var kind: Kind
        public var at: String
    }

    public var dialect = Dialect.ga
    /// HTTP status that refuses the upgrade; 0 for none.
    public var refuse = 0
    public var retryAfterSeconds: Int?
    /// Of a session, until it ends with `session_expired`.
    public var expireSeconds = 3_600.0
    /// From an event to its acknowledgement.
    public var latencyMs = 20.0
    /// How many times faster than real time speech is made.
    public var speed = 8.0
    /// Length of an answer's speech; 0 for as long as its text takes.
    public var sayMs = 0
    public var fault: Fault?
    public var closeCode = 1_011
    public var errorCode = "server_error"
    /// File whose lines ``Fault/Kind/script`` sends, as they are.
    public var script = ""
    /// Connections of the server that ``refuse``, ``fault`` and ``expireSeconds`` are for, the first ones;
    /// 0 for all.
    public var times = 0
    /// Connections before those, which ``refuse`` and ``fault`` spare.
    public var after = 0
    /// For so long a ``Fault/Kind/stall`` lasts; 0 for ever.
    public var stallMs = 0
    /// For so long a response that was cancelled goes on to speak.
    public var lateMs = 0.0
    /// Whether speech comes in pieces that end in the middle of a sample, with empty ones between.
    public var isRagged = false
    /// What a spoken turn of the user was, in turn; then the last one again.
    public var heard = ["Good morning."]
    /// What is answered, in turn; then the last one again. `call NAME {json}` calls a function.
    public var answers = ["Good morning. I am a fake assistant, and I can hear you well."]

    public init() {}

    /// Sets an option by its name. False for a name or a value that is none.
    public mutating func set(_ name: String, _ value: String) -> Bool {
        switch name {
        case "dialect": assign(Dialect(rawValue: value), to: \.dialect)
        case "refuse": assign(Int(value), to: \.refuse)
        case "retry_after_s": assign(Int(value), to: \.retryAfterSeconds)
        case "expire_s": assign(Double(value), to: \.expireSeconds)
        case "latency_ms": assign(Double(value), to: \.latencyMs)
        case "speed": assign(Double(value).flatMap { $0 > 0 ? $0 : nil }, to: \.speed)
        case "say_ms": assign(Int(value), to: \.sayMs)
        case "reset_at": assign(Fault(kind: .reset, at: value), to: \.fault)
        case "stall_at": assign(Fault(kind: .stall, at: value), to: \.fault)
        case "close_at": assign(Fault(kind: .close, at: value), to: \.fault)
        case "malformed_at": assign(Fault(kind: .malformed, at: value), to: \.fault)
        case "error_at": assign(Fault(kind: .error, at: value), to: \.fault)
        case "huge_at": assign(Fault(kind: .huge, at: value), to: \.fault)
        case "oversized_at": assign(Fault(kind: .oversized, at: value), to: \.fault)
        case "garbled_at": assign(Fault(kind: .garbled, at: value), to: \.fault)
        case "fragments_at": assign(Fault(kind: .fragments, at: value), to: \.fault)
        case "script_at": assign(Fault(kind: .script, at: value), to: \.fault)
        case "script": assign(value, to: \.script)
        case "close_code": assign(Int(value), to: \.closeCode)
        case "error_code": assign(value, to: \.errorCode)
        case "after": assign(Int(value), to: \.after)
        case "times": assign(Int(value), to: \.times)
        case "stall_ms": assign(Int(value), to: \.stallMs)
        case "late_ms": assign(Double(value), to: \.lateMs)
        case "ragged": assign(["yes": true, "no": false][value], to: \.isRagged)
        case "heard": assign(value.split(separator: "|").map(String.init), to: \.heard)
        case "answers": assign(value.split(separator: "|").map(String.init), to: \.answers)
        default: false
        }
    }

    private mutating func assign<Value>(
        _ value: Value?, to path: WritableKeyPath<FakeOptions, Value>
    ) -> Bool {
        guard let value else { return false }
        self[keyPath: path] = value
        return true
    }

    private mutating func assign<Value>(
        _ value: Value?, to path: WritableKeyPath<FakeOptions, Value?>
    ) -> Bool {
        guard let value else { return false }
        self[keyPath: path] = value
        return true
    }

    /// These options with those of a request's target (`/v1/realtime?model=x&fake_speed=2`).
    ///
    /// - Parameter connection: the number of the connection, from 1.
    public func with(target: String, connection: Int = 1) -> FakeOptions {
        var options = self
        for (name, value) in Self.query(target) where name.hasPrefix("fake_") {
            _ = options.set(String(name.dropFirst(5)), value)
        }
        let times = options.times > 0 ? options.times : .max
        let number = connection - max(0, options.after)
        if number < 1 || number > times {
            options.refuse = 0
            options.fault = nil
        }
        if connection > times { options.expireSeconds = FakeOptions().expireSeconds }
        return options
    }

    /// Names and values of a target's query, percent signs taken back.
    public static func query(_ target: String) -> [(name: String, value: String)] {
        guard let mark = target.firstIndex(of: "?") else { return [] }
        return target[target.index(after: mark)...].split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"),
                let value = UInt8(String(Substring(rest.prefix(2))), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 32 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
