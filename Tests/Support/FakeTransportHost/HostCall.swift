import JSON

/// What a transport called.
public enum HostCall: Equatable {
    case status(UInt32, retry: UInt32, afterMs: UInt32, code: String?, reason: String?)
    case event(type: String, JSONValue)
    case audio(HostFrame)
    case format(direction: UInt32, codec: UInt32, rateHz: UInt32, frameMs: UInt32)
    case network(loss: UInt32, bitRate: UInt32, frameMs: UInt32)
    case statistics(JSONValue)
    case incoming(callID: String, JSONValue)
    case interrupt(cause: UInt32)
    case complete(command: UInt32, CommandAnswer)
    case requestSecret(String)
    case log(level: UInt32, String)
}

/// A frame of speech.
public struct HostFrame: Equatable {
    public var flags: UInt32
    public var codec: UInt32
    public var rateHz: UInt32
    public var samples: Int
    public var sequence: UInt32
    public var timestamp: UInt64
    public var generation: UInt32
    public var itemID: String?
    public var contentIndex: UInt32
    public var bytes: [UInt8]
    public var atNs: UInt64
}

/// How a command ended.
public struct CommandAnswer: Equatable {
    public var result: Int32
    public var data: JSONValue?

    public init(result: Int32, data: JSONValue? = nil) {
        self.result = result
        self.data = data
    }

    public var message: String? { data?["message"]?.stringValue }
}

extension FakeTransportHost {
    public var frames: [HostFrame] {
        calls.compactMap { if case .audio(let frame) = $0 { frame } else { nil } }
    }

    public var events: [(type: String, data: JSONValue)] {
        calls.compactMap { if case .event(let type, let data) = $0 { (type, data) } else { nil } }
    }

    /// Types of the events, raw ones left out.
    public var typedEvents: [String] { events.map(\.type).filter { $0 != "transport_event" } }

    public func events(_ type: String) -> [JSONValue] {
        events.filter { $0.type == type }.map(\.data)
    }

    public var statuses: [UInt32] {
        calls.compactMap { if case .status(let status, _, _, _, _) = $0 { status } else { nil } }
    }

    public func forgetCalls() { calls = [] }
}
