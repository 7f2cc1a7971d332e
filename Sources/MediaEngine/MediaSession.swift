import AudioCore
import EventLoop
import Opus

/// What became of a piece of speech; see `parley_playback_t`.
public struct PlaybackFeedback: Sendable, Equatable {
    /// `PARLEY_PLAYBACK_…`
    public var kind: UInt32
    /// `PARLEY_CAUSE_…`, with a flush.
    public var cause: UInt32
    public var generation: UInt32
    /// nil for speech that named no item.
    public var itemID: String?
    public var contentIndex: UInt32
    public var rateHz: UInt32
    public var heardSamples: UInt64
    public var receivedSamples: UInt64

    init(_ event: EngineEvent) {
        kind = event.a
        cause = event.b
        generation = event.generation
        itemID = event.hasItem ? event.item.id : nil
        contentIndex = event.contentIndex
        rateHz = event.rateHz
        heardSamples = event.heardSamples
        receivedSamples = event.receivedSamples
    }
}

/// Who hears from the engine about one session, on the control thread.
@LoopActor
public protocol MediaSessionDelegate: AnyObject {
    func played(_ report: PlaybackFeedback)
    /// The clip of that number is on its way to the plugin.
    func clipSent(_ number: UInt32)
    /// A program on the audio socket ended its input; it may still listen.
    func audioClientEndedInput(_ client: UInt32)
    /// A program on the audio socket is gone.
    func audioClientLeft(_ client: UInt32)
}

/// The control thread's handle on the media of one session.
@LoopActor
public final class MediaSession {
    private let engine: MediaEngine
    public let number: UInt32
    public let localRateHz: Int
    /// What the engine measures; readable from any thread.
    public let meters: SessionMeters
    let speech: SpeechMemory

    init(
        engine: MediaEngine, number: UInt32, localRateHz: Int, meters: SessionMeters,
        speech: SpeechMemory
    ) {
        self.engine = engine
        self.number = number
        self.localRateHz = localRateHz
        self.meters = meters
        self.speech = speech
    }

    /// What is said to the peer from now on. Samples of the old format that have not left are dropped.
    ///
    /// - Throws: when the codec or the resampler refuses the format.
    public func setUplink(format: AudioFormat, frameMs: Int, opus: OpusEncoder.Settings) throws {
        let uplink = try Uplink(
            localRateHz: localRateHz, format: format, frameMs: frameMs, opus: opus)
        engine.send(.setUplink, number, pointer: engine.heap(uplink))
    }

    /// What the peer says from now on. Speech of the old format that waits is dropped: interrupt first.
    public func setDownlink(format: AudioFormat, settings: DownlinkSettings) throws {
        let downlink = try Downlink(localRateHz: localRateHz, format: format, settings: settings)
        speech.adopt(downlink.memory)
        engine.send(.setDownlink, number, pointer: engine.heap(downlink))
    }

    /// Joins the session to devices by their numbers, 0 for none.
    public func bind(capture: UInt32, playback: UInt32) {
        engine.send(EngineCommand(kind: .bind, number: number, a: capture, b: playback))
    }

    /// Joins the session to what a host calls `wireNumber`.
    public func attachPeer(link: UInt32, wireNumber: UInt32) {
        engine.send(EngineCommand(kind: .attachPeer, number: number, a: link, b: wireNumber))
    }

    public func detachPeer() { attachPeer(link: 0, wireNumber: 0) }

    /// Takes the peer and the devices away, and stops the session's clock until a peer is attached again.
    public func rest() { engine.send(EngineCommand(kind: .rest, number: number)) }

    /// Joins a program. - Returns: its number, as the delegate hears it.
    public func attachClient(socket: FileDescriptor, writes: Bool, continuous: Bool) -> UInt32 {
        let client = engine.nextNumber()
        let value = StreamClient(
            number: client, socket: socket, rateHz: localRateHz, writes: writes,
            continuous: continuous)
        engine.send(.attachClient, number, pointer: engine.heap(value))
        return client
    }

    /// Sends a piece of sound at once, in the rate of the uplink's format; `clipSent` follows.
    public func sendClip(_ samples: [Float], number: UInt32) {
        engine.send(
            .sendClip, self.number, pointer: engine.heap(Clip(number: number, samples: samples)))
    }

    /// Mutes the microphone. The barrier with number `barrier` goes to the host behind the last sound.
    public func muteInput(_ muted: Bool, barrier: UInt32) {
        engine.send(
            EngineCommand(kind: .muteInput, number: number, a: muted ? 1 : 0, b: barrier))
    }

    /// Holds the microphone off while the session's loudspeaker plays.
    public func setGate(_ isEnabled: Bool) {
        engine.send(EngineCommand(kind: .setGate, number: number, a: isEnabled ? 1 : 0))
    }

    public func muteOutput(_ muted: Bool) {
        engine.send(EngineCommand(kind: .muteOutput, number: number, a: muted ? 1 : 0))
    }

    /// Stops what the peer says. The delegate gets a report for each unfinished item, then one of kind
    /// `PARLEY_PLAYBACK_FLUSH_END`.
    public func interrupt(cause: UInt32) {
        engine.send(EngineCommand(kind: .interrupt, number: number, a: cause))
    }

    /// What the network bears; 0 for unknown.
    public func adaptEncoder(lossPercent: Int, bitrateBps: Int) {
        engine.send(
            EngineCommand(
                kind: .encoderHints, number: number, a: UInt32(clamping: lossPercent),
                b: UInt32(clamping: bitrateBps)))
    }

    /// Ends the media; programs on the audio socket are told by end of file.
    public func remove() { engine.removeSession(number) }
}
