import AudioCore
import DeviceLines
import EventLoop
import Glibc
import Opus
import Synchronization

/// The control thread's handle on the engine: what sessions, devices and hosts there are, and what
/// happened to their sound.
///
/// Every object that the engine works on is made here, crosses over by pointer, and is freed here when
/// it comes back.
@LoopActor
public final class MediaEngine {
    private let channel = EngineChannel()
    private var watch: Watch?
    private var lastNumber: UInt32 = 0
    private var backlog: [EngineCommand] = []
    private var delegates: [UInt32: any MediaSessionDelegate] = [:]
    private var speech: [UInt32: SpeechMemory] = [:]
    /// Gets the number of a link whose host does not take the frames that are sent to it, at most once a
    /// second.
    public var onFullLink: @LoopActor (_ link: UInt32) -> Void = { _ in }

    /// Gets the number of a link whose host sent a packet that the protocol does not allow, once: nothing
    /// that it sends is read any more.
    public var onMalformedLink: @LoopActor (_ link: UInt32) -> Void = { _ in }

    public init() {}

    /// Starts the engine's thread.
    /// - Parameter prologue: runs on it first, to see to its priority.
    public func start(prologue: @escaping @Sendable () -> Void = {}) {
        watch = EventLoop.shared.watch(channel.controlDoorbell.fd, for: .read) { [weak self] _ in
            self?.takeEvents()
        }
        EngineThreadStarter.start(channel, prologue: prologue)
    }

    /// Ends the engine's thread; sessions must be gone.
    public func stop() { send(EngineCommand(kind: .finish)) }

    /// How often the engine's thread has woken so far.
    public var turns: UInt64 { channel.turns.load(ordering: .relaxed) }

    /// Wakes the engine's thread, so that ``turns`` grows if it lives.
    public func prod() { channel.engineDoorbell.ring() }

    // MARK: Hosts

    /// Makes a host's audio socket known. The engine keeps the descriptor open until ``removeLink``.
    public func addLink(socket: FileDescriptor) -> UInt32 {
        let number = nextNumber()
        send(.addLink, number, pointer: heap(HostLink(number: number, socket: socket)))
        return number
    }

    public func removeLink(_ link: UInt32) { send(EngineCommand(kind: .removeLink, number: link)) }

    // MARK: Devices

    public func addCapture() -> UInt32 {
        let number = nextNumber()
        send(.addCapture, number, pointer: heap(CaptureFeed(number: number)))
        return number
    }

    /// The line of a capture device, nil while it is away.
    public func setCaptureLine(_ line: CaptureLine?, of device: UInt32) {
        send(.setCaptureLine, device, pointer: retained(line))
    }

    public func removeCapture(_ device: UInt32) {
        send(EngineCommand(kind: .removeCapture, number: device))
    }

    public func addPlayback() -> UInt32 {
        let number = nextNumber()
        send(.addPlayback, number, pointer: heap(PlaybackFeed(number: number)))
        return number
    }

    /// The line of a playback device, nil while it is away.
    public func setPlaybackLine(_ line: PlaybackLine?, of device: UInt32) {
        send(.setPlaybackLine, device, pointer: retained(line))
    }

    public func removePlayback(_ device: UInt32) {
        send(EngineCommand(kind: .removePlayback, number: device))
    }

    // MARK: Sessions

    /// - Parameters:
    ///   - localRateHz: of the local leg; 48000 for devices.
    ///   - isStream: whether the local leg is programs on the audio socket.
    public func addSession(
        localRateHz: Int, isStream: Bool, delegate: any MediaSessionDelegate
    ) -> MediaSession {
        let number = nextNumber()
        let meters = SessionMeters()
        let speech = SpeechMemory()
        delegates[number] = delegate
        self.speech[number] = speech
        send(
            .addSession, number,
            pointer: heap(
                SessionMedia(
                    number: number, localRateHz: localRateHz, isStream: isStream, meters: meters)))
        return MediaSession(
            engine: self, number: number, localRateHz: localRateHz, meters: meters, speech: speech)
    }

    func removeSession(_ number: UInt32) {
        delegates[number] = nil
        speech[number] = nil
        send(EngineCommand(kind: .removeSession, number: number))
    }

    func nextNumber() -> UInt32 {
        lastNumber += 1
        return lastNumber
    }

    // MARK: Commands

    /// Commands that found the ring full.
    public var backlogCount: Int { backlog.count }

    func send(_ kind: EngineCommand.Kind, _ number: UInt32, pointer: UInt) {
        send(EngineCommand(kind: kind, number: number, pointer: pointer))
    }

    /// Keeps the order also when the ring is full: then commands wait for the engine's next event.
    func send(_ command: EngineCommand) {
        if !backlog.isEmpty || !channel.commands.push(command) { backlog.append(command) }
        channel.engineDoorbell.ring()
    }

    func heap<Value: ~Copyable>(_ value: consuming Value) -> UInt {
        let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        pointer.initialize(to: value)
        return UInt(bitPattern: pointer)
    }

    private func retained(_ line: (some AnyObject)?) -> UInt {
        line.map { UInt(bitPattern: Unmanaged.passRetained($0).toOpaque()) } ?? 0
    }

    // MARK: Events

    private func takeEvents() {
        channel.controlDoorbell.silence()
        while let event = channel.events.pop() { handle(event) }
        while let command = backlog.first, channel.commands.push(command) {
            backlog.removeFirst()
            channel.engineDoorbell.ring()
        }
    }

    private func handle(_ event: EngineEvent) {
        switch event.kind {
        case .retiredLink: free(event.pointer, as: HostLink.self)
        case .retiredSession: free(event.pointer, as: SessionMedia.self)
        case .retiredUplink: free(event.pointer, as: Uplink.self)
        case .retiredDownlink: free(event.pointer, as: Downlink.self)
        case .retiredCaptureFeed: free(event.pointer, as: CaptureFeed.self)
        case .retiredPlaybackFeed: free(event.pointer, as: PlaybackFeed.self)
        case .retiredCaptureLine: release(event.pointer, as: CaptureLine.self)
        case .retiredPlaybackLine: release(event.pointer, as: PlaybackLine.self)
        case .retiredClient:
            free(event.pointer, as: StreamClient.self)
            delegates[event.number]?.audioClientLeft(event.a)
        case .clipSent:
            free(event.pointer, as: Clip.self)
            delegates[event.number]?.clipSent(event.a)
        case .clientInputEnded: delegates[event.number]?.audioClientEndedInput(event.a)
        case .linkIsFull: onFullLink(event.number)
        case .linkIsMalformed: onMalformedLink(event.number)
        case .playback:
            delegates[event.number]?.played(PlaybackFeedback(event))
            speech[event.number]?.speechChanged()
        }
    }

    private func free<Value: ~Copyable>(_ pointer: UInt, as type: Value.Type) {
        guard let pointer = UnsafeMutablePointer<Value>(bitPattern: pointer) else { return }
        pointer.deinitialize(count: 1)
        pointer.deallocate()
    }

    private func release<Line: AnyObject>(_ pointer: UInt, as type: Line.Type) {
        guard let pointer = UnsafeRawPointer(bitPattern: pointer) else { return }
        Unmanaged<Line>.fromOpaque(pointer).release()
    }
}
