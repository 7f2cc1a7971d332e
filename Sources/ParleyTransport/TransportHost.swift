import CParleyTransport
import Synchronization

/// What a transport tells the daemon, and asks of it. One per session; every function may be called
/// from any thread until the transport is released.
///
/// Generations of speech are kept here: a frame carries that of the last flush that was completed, so a
/// transport never sees the number. See ``interrupt(_:)`` for what happens around a flush.
public final class TransportHost: Sendable {
    /// The C interface allows calls from any thread while the instance lives.
    nonisolated(unsafe) private let raw: UnsafePointer<parley_host_t>
    private let reported = Atomic<UInt32>(TransportStatus.disconnected.rawValue)
    let gate = SpeechGate()
    @TransportActor private var runningCommand: UInt32?
    @TransportActor private var isAnsweredLater = false

    private let heardFlags = Atomic<UInt32>(.max)

    nonisolated(unsafe) private let loopExtension: UnsafePointer<parley_loop_t>?

    /// On the main thread, which is where extensions may be asked for.
    init(_ raw: UnsafePointer<parley_host_t>) {
        self.raw = raw
        loopExtension = HostLoop.find(raw)
    }

    // MARK: Status

    /// What was last told.
    public var lastStatus: TransportStatus {
        TransportStatus(rawValue: reported.load(ordering: .relaxed)) ?? .disconnected
    }

    /// Tells a change of status; for the end of a connection use ``disconnected(_:)``.
    public func status(_ status: TransportStatus) {
        report(status, retry: Int(PARLEY_RETRY_ENDED), afterMs: 0, code: nil, message: nil)
    }

    /// Connected, to nobody yet: the session waits for callers, tells each by ``incoming(callID:about:)``,
    /// and has no sound of its own.
    public func listening() {
        report(
            .connected, retry: Int(PARLEY_RETRY_ENDED), afterMs: 0, code: nil, message: nil,
            listens: true)
    }

    /// The connection ended, or none came about.
    public func disconnected(_ reason: DisconnectReason) {
        let (retry, afterMs): (Int, UInt32) =
            switch reason.retry {
            case .now: (Int(PARLEY_RETRY_NOW), 0)
            case .later(let afterMs): (Int(PARLEY_RETRY_LATER), afterMs)
            case .never: (Int(PARLEY_RETRY_NEVER), 0)
            case .ended: (Int(PARLEY_RETRY_ENDED), 0)
            }
        gate.forget()
        report(
            .disconnected, retry: retry, afterMs: afterMs, code: reason.code,
            message: reason.message)
    }

    private func report(
        _ status: TransportStatus, retry: Int, afterMs: UInt32, code: String?,
        message: String?, listens: Bool = false
    ) {
        reported.store(status.rawValue, ordering: .relaxed)
        withOptionalCString(code) { code in
            withOptionalCString(message) { message in
                var report = parley_status_report_t()
                report.struct_size = UInt32(MemoryLayout<parley_status_report_t>.size)
                report.status = status.rawValue
                report.retry = parley_retry_t(retry)
                report.retry_after_ms = afterMs
                report.code = code
                report.reason = message
                report.listens = listens ? 1 : 0
                raw.pointee.on_status(raw, &report)
            }
        }
    }

    private func withOptionalCString(
        _ text: String?, _ body: (UnsafePointer<CChar>?) -> Void
    ) {
        if let text { text.withCString { body($0) } } else { body(nil) }
    }

    // MARK: Listeners

    /// Whether anybody hears raw events: the others are dropped here, so it saves only their making.
    public var hearsRawEvents: Bool {
        heardFlags.load(ordering: .relaxed) & UInt32(PARLEY_HEARD_RAW_EVENTS) != 0
    }

    /// Whether anybody hears the audio in raw events; if not, `{"bytes": n}` stands for it.
    public var hearsRawAudio: Bool {
        heardFlags.load(ordering: .relaxed) & UInt32(PARLEY_HEARD_RAW_AUDIO) != 0
    }

    func heard(_ flags: UInt32) { heardFlags.store(flags, ordering: .relaxed) }

    // MARK: Events and audio

    /// Tells an event. A raw event comes before the typed ones made from it.
    public func event(_ event: TransportEvent) {
        if case .raw = event, !hearsRawEvents { return }
        self.event(event.type, event.data)
    }

    /// An event by name, for what ``TransportEvent`` does not have.
    public func event(_ type: String, _ data: JSONValue) {
        raw.pointee.on_event(raw, type, data.serialized())
    }

    /// Tells a raw event of the peer as it came.
    ///
    /// - Parameter json: one JSON object, UTF-8 without a NUL; what is no such thing is not told.
    public func rawEvent(_ json: UnsafeRawBufferPointer) {
        guard hearsRawEvents else { return }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: json.count + 1) { text in
            UnsafeMutableRawBufferPointer(text).copyMemory(from: json)
            text[json.count] = 0
            raw.pointee.on_event(raw, "transport_event", text.baseAddress)
        }
    }

    /// What became of a frame.
    public enum AudioResult: Sendable, Hashable {
        case taken
        /// An interruption is under way: kept by the SDK, sent when the flush is complete.
        case heldBack
        /// An interruption is under way and the frame belongs to what was cut off.
        case dropped
        /// The daemon has 15 minutes queued, or does not read: nothing was taken, try later.
        case full
        /// The frame breaks a rule of the interface.
        case invalid
    }

    /// Speech from the peer. Copies nothing and allocates nothing, outside of an interruption.
    @discardableResult
    public func audio(_ header: AudioHeader, _ bytes: RawSpan) -> AudioResult {
        bytes.withUnsafeBytes { gate.pass(header, $0, through: send) }
    }

    private func send(
        _ header: AudioHeader, _ bytes: UnsafeRawBufferPointer, _ generation: UInt32
    ) -> AudioResult {
        guard bytes.count <= PARLEY_FRAME_DATA_MAX, let count = UInt32(exactly: header.sampleCount),
            let contentIndex = UInt32(exactly: header.contentIndex)
        else { return .invalid }
        var frame = parley_audio_frame_t()
        frame.struct_size = UInt32(MemoryLayout<parley_audio_frame_t>.size)
        frame.flags = header.flags.rawValue
        frame.format = header.format.raw
        frame.sample_count = count
        frame.sequence = header.sequence
        frame.timestamp = header.timestamp
        frame.generation = generation
        frame.content_index = contentIndex
        frame.data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        frame.data_size = UInt32(bytes.count)
        let result: parley_result_t
        if let itemID = header.itemID {
            result = itemID.withCString { text in
                frame.item_id = text
                return raw.pointee.on_audio(raw, &frame)
            }
        } else {
            result = raw.pointee.on_audio(raw, &frame)
        }
        switch result {
        case CResult.ok: return .taken
        case CResult.invalid: return .invalid
        default: return .full
        }
    }

    /// The format of a direction after negotiation; one of the descriptor's. `frameMs` is the length of
    /// a frame that the peer wants (Opus: 10, 20, 40, 60); nil leaves it to the daemon.
    public func format(
        _ direction: AudioFormat.Direction, _ format: AudioFormat, frameMs: Int? = nil
    ) {
        var copy = format.raw
        raw.pointee.on_format(raw, direction.rawValue, &copy, UInt32(frameMs ?? 0))
    }

    /// The user barged in, or the peer cleared its output: the daemon fades out, drops the queue and
    /// answers by ``TransportLayer/playback(_:)`` with `flushed` and `flushEnd`.
    ///
    /// Until `flushEnd` the SDK drops speech of the item that was sent last, and packets, since both
    /// belong to what was cut off; it holds back speech of any other item (at most 1 MiB, then
    /// ``AudioResult/full``) and sends it right before `flushEnd` is told.
    public func interrupt(_ cause: InterruptCause) {
        gate.beginFlush()
        raw.pointee.interrupt(raw, cause.rawValue)
    }

    @TransportActor func endFlush(generation: UInt32) {
        gate.endFlush(generation: generation, through: send)
    }

    // MARK: Network

    /// What the network reports, for the encoder; nil for unknown.
    public func network(lossPercent: Int?, bitRate: Int? = nil, frameMs: Int? = nil) {
        raw.pointee.on_network(
            raw, UInt32(clamping: lossPercent ?? 0), UInt32(clamping: bitRate ?? 0),
            UInt32(clamping: frameMs ?? 0))
    }

    /// Statistics for sessions.get, W3C webrtc-stats names where one exists. Replaces the last.
    public func statistics(_ statistics: JSONObject) {
        raw.pointee.on_statistics(raw, JSONValue.object(statistics).serialized())
    }

    /// Someone calls. `callID` names the caller in ``ConnectRequest/callID``.
    public func incoming(callID: String, about: JSONObject) {
        raw.pointee.on_incoming(raw, callID, JSONValue.object(about).serialized())
    }

    /// Asks for a secret by its name in the schema; ask again at each connect. The answer comes by
    /// ``TransportLayer/secret(_:_:)``.
    public func requestSecret(_ name: String) { raw.pointee.request_secret(raw, name) }

    /// One line for the daemon's log. Never a secret, a transcript or audio.
    public func log(_ level: LogLevel, _ text: String) {
        raw.pointee.log(raw, level.rawValue, text)
    }

    public enum LogLevel: UInt32, Sendable, Hashable {
        case error = 3
        case warning = 4
        case info = 6
        case debug = 7
    }

    // MARK: Loop

    /// The host's loop; nil for a host that has none.
    @TransportActor public var loop: HostLoop? {
        loopExtension.map { HostLoop(host: raw, loop: $0) }
    }

    /// Runs `body` on the main thread soon. Without a loop extension nothing happens.
    public func post(_ body: @escaping @TransportActor @Sendable () -> Void) {
        let job = Unmanaged.passRetained(PostedJob(body: body))
        let isPosted = postRaw(
            { data in
                guard let data else { return }
                let job = Unmanaged<PostedJob>.fromOpaque(data).takeRetainedValue()
                TransportActor.assumeIsolated { job.body() }
            }, job.toOpaque())
        if !isPosted { job.release() }
    }

    private final class PostedJob: Sendable {
        let body: @TransportActor @Sendable () -> Void
        init(body: @escaping @TransportActor @Sendable () -> Void) { self.body = body }
    }

    func postRaw(_ callback: parley_callback_t, _ data: UnsafeMutableRawPointer?) -> Bool {
        guard let loop = loopExtension else { return false }
        return loop.pointee.post(raw, callback, data) == CResult.ok
    }

    // MARK: Commands

    /// The command that runs now will be answered by ``PendingCommand/complete(_:)`` or
    /// ``PendingCommand/fail(_:)``, exactly once, from any thread. Only within a command.
    @TransportActor public func answerLater() -> PendingCommand {
        guard let id = runningCommand else {
            preconditionFailure("answerLater() was called outside of a command")
        }
        isAnsweredLater = true
        return PendingCommand(id: id, host: self)
    }

    /// Runs a command and says what the C interface answers. An error is completed at once, because only
    /// so its sentence reaches the client.
    @TransportActor func run(
        _ id: UInt32, _ command: () throws(TransportError) -> Void
    ) -> parley_result_t {
        let outer = (runningCommand, isAnsweredLater)
        runningCommand = id
        isAnsweredLater = false
        defer { (runningCommand, isAnsweredLater) = outer }
        do throws(TransportError) {
            try command()
            return isAnsweredLater ? CResult.pending : CResult.ok
        } catch {
            if !isAnsweredLater { PendingCommand(id: id, host: self).fail(error) }
            return CResult.pending
        }
    }

    fileprivate func complete(_ id: UInt32, _ result: Int32, _ json: JSONValue?) {
        if let json {
            raw.pointee.complete(raw, id, result, json.serialized())
        } else {
            raw.pointee.complete(raw, id, result, nil)
        }
    }
}

/// A command that is answered later.
public struct PendingCommand: Sendable {
    let id: UInt32
    let host: TransportHost

    /// It is done; `result` goes to the client.
    public func complete(_ result: JSONObject? = nil) {
        host.complete(id, 0, result.map { .object($0) })
    }

    public func fail(_ error: TransportError) {
        host.complete(id, error.code.rawValue, ["message": .string(error.message)])
    }
}
