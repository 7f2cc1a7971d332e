import JSON

/// What a transport tells about one session.
public enum TransportEvent: Sendable, Hashable {
    case status(TransportStatus)
    /// An event of the transport layer, or `transport_event` with the peer's own. Always an object.
    case event(type: String, data: JSONValue)
    /// The format in force from now on; `ptimeMs` 0 leaves the frame length to the daemon.
    case format(TransportDirection, TransportFormat, ptimeMs: UInt32)
    /// 0 for unknown.
    case network(lossPercent: UInt32, bitrateBps: UInt32, ptimeMs: UInt32)
    case statistics(JSONValue)
    case incoming(callID: String, data: JSONValue)
    case interrupt(TransportCause)
    case complete(command: UInt32, TransportResult, data: JSONValue?)
    case secretRequested(name: String)
    /// The plugin has dropped what it held of the microphone: the frame with `PARLEY_WIRE_FRAME_BARRIER`
    /// and this sequence number was obeyed.
    case barrierPassed(sequence: UInt32)
    case log(TransportLogLevel, String)
    /// The session's host process is gone, and with it the session: no event follows.
    case hostDied(HostDeath)
}

/// The status of a connection to a peer.
public enum TransportStatus: Sendable, Hashable {
    case connecting
    case connected
    /// Connected to nobody: it waits for callers, and has no sound of its own.
    case listening
    case disconnecting
    /// - code: stable word for programs, "" when the plugin gave none; reason: a sentence or "".
    case disconnected(TransportRetry, code: String, reason: String)
}

/// Whether it makes sense to connect again.
public enum TransportRetry: Sendable, Hashable {
    case now
    case later(afterMs: UInt32)
    case never
    case ended
}

public enum TransportDirection: UInt32, Sendable, Hashable {
    case toPeer = 0
    case fromPeer = 1
}

public enum TransportCause: UInt32, Sendable, Hashable {
    case speech = 1
    case client = 2
    case peer = 3
    case close = 4
}

/// How a command ended.
public enum TransportResult: Sendable, Hashable {
    case done
    case invalid
    case notSupported
    case notConnected
    case full
    case noMemory
    case failed

    /// Any other negative number of a plugin counts as a failure.
    init(raw: Int32) {
        switch raw {
        case 0...: self = .done
        case -1: self = .invalid
        case -2: self = .notSupported
        case -3: self = .notConnected
        case -4: self = .full
        case -5: self = .noMemory
        default: self = .failed
        }
    }
}

public enum TransportLogLevel: UInt32, Sendable, Hashable {
    case error = 3
    case warning = 4
    case info = 6
    case debug = 7
}
