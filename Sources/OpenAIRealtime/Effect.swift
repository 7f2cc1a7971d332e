import JSON
import ParleyTransport

/// Names a command of ``RealtimeClient/perform(_:id:nowNs:)`` until its answer; the owner's choice.
public typealias CommandID = UInt64

/// What the owner of a ``RealtimeClient`` shall do.
public enum Effect: Sendable, Equatable {
    /// Send this text message.
    case send([UInt8])
    /// Send ``RealtimeClient/audioMessage``: sound, which may be dropped when the queue is full,
    /// then by whole messages, the oldest first.
    case sendAudio
    /// Tell the message that was just received as `transport_event`, byte for byte; it is a JSON
    /// object.
    case rawEvent
    case event(TransportEvent)
    /// Give speech to the engine.
    case speech(Speech)
    /// Ask the daemon to cut the speech: `TransportHost.interrupt`.
    case interrupt(InterruptCause)
    /// Configured and acknowledged.
    case connected
    /// Other formats are in force.
    case formats(toPeer: AudioFormat, fromPeer: AudioFormat)
    /// The answer to a command that was not answered at once.
    case complete(CommandID, TransportError?)
    /// The session limit comes near: open a second connection with ``RealtimeClient/successor()``.
    case rollOver
    /// For `sessions.get`.
    case statistics(JSONObject)
    /// For the log; no transcript and no secret in it.
    case log(String)
    /// Close the socket, when it still is open, and tell why.
    case disconnect(DisconnectReason)
}

/// A piece of speech of an item; its samples are a part of ``RealtimeClient/speechBytes``.
public struct Speech: Sendable, Equatable {
    /// Bytes of the longest piece: what one frame of the plugin interface takes.
    public static let bytesMax = 61_440

    public var itemID: String
    public var contentIndex: Int
    public var responseID: String?
    public var format: AudioFormat
    /// Position in the item, in samples.
    public var timestamp: UInt64
    public var sampleCount: Int
    public var byteRange: Range<Int>
    /// The item has no more; this piece is empty.
    public var isLast: Bool

    /// For `TransportHost.audio`.
    public var header: AudioHeader {
        AudioHeader(
            format: format, flags: isLast ? .endOfItem : [], sampleCount: sampleCount,
            timestamp: timestamp, itemID: itemID, contentIndex: contentIndex)
    }
}
