import CParleyWire
import EventLoop
import JSON

/// Hears what a session's transport tells.
@LoopActor
public protocol TransportSessionDelegate: AnyObject {
    /// - Parameter audioPosition: frames of the session that the host had put on the audio socket before
    ///   it said this; 0 with `.hostDied` and log lines of the daemon's own.
    func transport(_ session: TransportSession, told event: TransportEvent, audioPosition: UInt64)
}

/// One session of a plugin, inside its host process. Everything may be called at once after `open`; the
/// host obeys in order, when it has loaded the plugin.
///
/// A session ends by ``destroy()`` or with its host; calls after that do nothing.
@LoopActor
public final class TransportSession {
    /// Never used twice; the `session` of the audio socket's frames.
    public let number: UInt32
    public let transportID: String
    /// Of the file that this session runs on, which may be older than the catalogue's.
    public let version: String
    /// The daemon's end of the host's audio socket, non-blocking, shared by all sessions of the host.
    /// Whoever reads or writes it holds this object.
    public let audio: FileDescriptor
    public weak var delegate: (any TransportSessionDelegate)?
    /// False once the session is destroyed or its host is gone.
    public private(set) var isOpen = true
    /// Frames and barriers of this session that the media engine has put on the audio socket, for calls
    /// that don't name a position. Nil counts as none.
    public var audioPosition: (@LoopActor () -> UInt64)?

    private weak var host: HostSlot?

    init(
        number: UInt32, descriptor: TransportDescriptor, audio: FileDescriptor, host: HostSlot,
        delegate: any TransportSessionDelegate
    ) {
        self.number = number
        transportID = descriptor.id
        version = descriptor.version
        self.audio = audio
        self.host = host
        self.delegate = delegate
        send(message(PARLEY_WIRE_CREATE))
    }

    // MARK: Requests

    /// Begins to connect.
    /// - Parameters:
    ///   - options: checked, without secrets. config: `{}` when none. items: an array.
    ///   - resume: the connection before broke. attempt: 1 for the first since the session was connected.
    ///   - callID: of an `incoming` event, to answer it.
    public func connect(
        options: JSONValue, config: JSONValue, items: JSONValue, resume: Bool, attempt: UInt32,
        generation: UInt32, callID: String? = nil
    ) {
        let message = message(PARLEY_WIRE_CONNECT)
        message.append(resume ? 1 : 0 as UInt32)
        message.append(attempt)
        message.append(generation)
        message.append(callID == nil ? 0 : 1 as UInt32)
        message.append(options.serialized())
        message.append(config.serialized())
        message.append(items.serialized())
        message.append(callID ?? "")
        send(message)
    }

    /// Asks the peer to end; `.status(.disconnected)` follows within a second from a sane plugin.
    public func close() { send(message(PARLEY_WIRE_CLOSE)) }

    /// Gives the plugin a command; `.complete` with the same id follows.
    /// - Parameter id: the caller's number, above 0.
    public func command(_ name: String, id: UInt32, arguments: JSONValue) {
        let message = message(PARLEY_WIRE_COMMAND)
        message.header.id = id
        message.append(name)
        message.append(arguments.serialized())
        send(message)
    }

    /// Tells the plugin what became of its speech.
    public func playback(_ report: PlaybackReport) {
        let message = message(PARLEY_WIRE_PLAYBACK)
        message.append(report.kind.rawValue)
        message.append(report.cause?.rawValue ?? 0)
        message.append(report.generation)
        message.append(report.contentIndex)
        message.append(report.rateHz)
        message.append(report.itemID == nil ? 0 : 1 as UInt32)
        message.append(report.heardSamples)
        message.append(report.receivedSamples)
        message.append(report.itemID ?? "")
        send(message)
    }

    /// Answers `.secretRequested`; nil when there is none.
    /// - Parameter value: UTF-8, the caller's to wipe; every copy made here is wiped.
    public func provideSecret(_ name: String, value: UnsafeRawBufferPointer?) {
        let message = message(PARLEY_WIRE_SECRET)
        message.append(value == nil ? 0 : 1 as UInt32)
        message.append(name)
        message.appendString(value ?? UnsafeRawBufferPointer(start: nil, count: 0))
        send(message)
    }

    /// Tells the plugin what clients listen to.
    public func listeners(_ heard: HeardEvents) {
        let message = message(PARLEY_WIRE_LISTENERS)
        message.append(heard.rawValue)
        send(message)
    }

    /// Ends the session; nothing more is told about it. The host leaves with its last one.
    public func destroy() {
        guard isOpen else { return }
        send(message(PARLEY_WIRE_DESTROY))
        isOpen = false
        delegate = nil
        host?.sessionDestroyed(number)
    }

    /// Checks that the host is alive, when audio that waits on its socket raises doubts; one that does
    /// not answer for 2 s is killed.
    public func checkLiveness() { if isOpen { host?.process?.probe() } }

    /// Whether the host has loaded the plugin, and so must keep its promises.
    public var isHostLoaded: Bool { host?.process?.descriptor != nil }

    /// Kills the whole host: it broke a promise, such as to pass a mute barrier in time. All its sessions
    /// get `.hostDied`.
    public func killHost(because reason: String) {
        if isOpen { host?.process?.condemn(.hung, reason) }
    }

    /// Kills the whole host: what it put on the audio socket breaks the protocol, which is its own code's to
    /// keep.
    public func condemnHost(for fault: String) {
        if isOpen { host?.process?.condemn(.violation, HostProcess.violation(fault)) }
    }

    // MARK: Plumbing

    private func message(_ kind: Int) -> WireMessage {
        WireMessage(
            WireHeader(
                kind: UInt16(kind), session: number, audioPosition: audioPosition?() ?? 0))
    }

    private func send(_ message: WireMessage) {
        guard isOpen else { return }
        host?.process?.send(message)
    }

    func deliver(_ event: TransportEvent, audioPosition: UInt64) {
        guard isOpen else { return }
        delegate?.transport(self, told: event, audioPosition: audioPosition)
    }

    /// The last event of a session whose host is gone.
    func hostDied(_ death: HostDeath) {
        guard isOpen else { return }
        isOpen = false
        delegate?.transport(self, told: .hostDied(death), audioPosition: 0)
    }
}

/// What clients listen to, of what costs a plugin something to tell.
public struct HeardEvents: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let rawEvents = HeardEvents(rawValue: 1 << 0)
    /// The audio inside of raw events.
    public static let rawAudio = HeardEvents(rawValue: 1 << 1)
}

/// What became of speech, as the plugin is told.
public struct PlaybackReport: Sendable, Hashable {
    public enum Kind: UInt32, Sendable, Hashable {
        case started = 1
        case finished = 2
        case flushed = 3
        case flushEnd = 4
        case ranDry = 5
    }

    public var kind: Kind
    /// With `flushed` and `flushEnd`.
    public var cause: TransportCause?
    /// With `flushEnd`: the number that frames must carry from now on.
    public var generation: UInt32
    public var itemID: String?
    public var contentIndex: UInt32
    /// Of the two counts.
    public var rateHz: UInt32
    public var heardSamples: UInt64
    public var receivedSamples: UInt64

    public init(
        _ kind: Kind, cause: TransportCause? = nil, generation: UInt32 = 0, itemID: String? = nil,
        contentIndex: UInt32 = 0, rateHz: UInt32 = 0, heardSamples: UInt64 = 0,
        receivedSamples: UInt64 = 0
    ) {
        self.kind = kind
        self.cause = cause
        self.generation = generation
        self.itemID = itemID
        self.contentIndex = contentIndex
        self.rateHz = rateHz
        self.heardSamples = heardSamples
        self.receivedSamples = receivedSamples
    }
}
