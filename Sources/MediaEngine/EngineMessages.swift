import AudioCore
import CParleyWire

/// What the control thread asks of the engine. A plain value: what it points to was made by the
/// control thread, belongs to the engine from then on, and comes back in an ``EngineEvent`` to be
/// freed.
struct EngineCommand: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case addLink, removeLink
        case addSession, removeSession
        case setUplink, setDownlink
        case addCapture, removeCapture, setCaptureLine
        case addPlayback, removePlayback, setPlaybackLine
        /// `a`: capture device, `b`: playback device.
        case bind
        /// `a`: link, `b`: what the host calls the session; both 0 for none.
        case attachPeer
        case attachClient
        case sendClip
        case muteInput, muteOutput
        case interrupt
        case finish
        case encoderHints
        /// `a`: whether the microphone is held off while the loudspeaker plays.
        case setGate
        case rest
    }

    var kind: Kind
    /// Session number, or the number of a link or a device.
    var number: UInt32 = 0
    var a: UInt32 = 0
    var b: UInt32 = 0
    var c: UInt32 = 0
    /// Bit pattern of a pointer that changes hands, 0 for none.
    var pointer: UInt = 0
}

/// What the engine tells the control thread.
struct EngineEvent: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        /// A pointer of this kind is no longer in use.
        case retiredLink, retiredSession, retiredUplink, retiredDownlink, retiredClient
        case retiredCaptureFeed, retiredPlaybackFeed, retiredCaptureLine, retiredPlaybackLine
        /// A clip is on the audio socket; `pointer` comes back.
        case clipSent
        /// See `parley_playback_kind_t`; `a` is the kind, `b` the cause.
        case playback
        /// The audio client `a` half-closed its socket.
        case clientInputEnded
        /// The host of this link does not take its frames; `number` is the link's.
        case linkIsFull
        /// The host of this link sent a packet that the protocol does not allow; told once.
        case linkIsMalformed
    }

    var kind: Kind
    var number: UInt32 = 0
    var a: UInt32 = 0
    var b: UInt32 = 0
    var generation: UInt32 = 0
    var contentIndex: UInt32 = 0
    var rateHz: UInt32 = 0
    var hasItem: Bool = false
    var heardSamples: UInt64 = 0
    var receivedSamples: UInt64 = 0
    var pointer: UInt = 0
    var item = SpeechItem()
}
