/// What is known about the sound server now; a snapshot.
public struct ServerStatus: Sendable, Hashable {
    public enum State: Sendable, Hashable {
        case stopped
        /// Not there: waiting for its socket and for the next try.
        case away(reason: String)
        case connecting
        case connected
        /// Parley will not connect there.
        case refused(reason: String)
    }

    public var state: State = .stopped
    /// Since when, CLOCK_MONOTONIC.
    public var sinceNs: UInt64 = 0
    /// Connections lost after they had been made.
    public var outages = 0
    /// Outages that were hangs: the server was there and did not answer.
    public var hangs = 0
    /// The last outage that ended.
    public var lastOutageMs = 0.0
    /// All outages that ended.
    public var totalOutageMs = 0.0
    /// Times that a connection was tried.
    public var attempts = 0
    public var identity = ServerIdentity()

    public var isConnected: Bool { state == .connected }

    /// One sentence for people.
    public var summary: String {
        switch state {
        case .stopped: "not started"
        case .away(let reason), .refused(let reason): reason
        case .connecting: "connecting"
        // What the server is it tells a moment after it has let us in.
        case .connected where identity.name.isEmpty: "connected to \(identity.socket)"
        case .connected: "connected to \(identity.name) \(identity.version) at \(identity.socket)"
        }
    }
}

/// Where the server is, and as whom Parley is there.
public struct ServerIdentity: Sendable, Hashable {
    /// The socket that is connected; empty while away.
    public var socket = ""
    /// Every socket that is tried, in order, and who decided that.
    public var candidates: [String] = []
    public var origin = ""
    /// "pulseaudio", "PulseAudio (on PipeWire 0.3.65)".
    public var name = ""
    public var version = ""
    /// The user as which the server runs.
    public var serverUser = ""
    /// The user as which Parley connects.
    public var uid: UInt32 = 0
    /// The cookie file that libpulse sends, and whether it can be read. Without one a server lets
    /// in only its own user (and group `pulse-access` for a system server).
    public var cookiePath = ""
    public var isCookieReadable = false
}
