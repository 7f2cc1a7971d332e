import CParleyTransport
import JSON
import ParleyTransport
import Synchronization

/// A plugin host for tests: drives a transport through the C entry, records what it calls, and has a
/// loop whose time moves only by ``advance(ms:)``.
///
/// Unchecked because ``with(_:_:)`` keeps it on one thread: it is only ever used inside the body.
public final class FakeTransportHost: @unchecked Sendable {
    /// What the transport called, in order.
    public internal(set) var calls: [HostCall] = []
    public internal(set) var nowNs: UInt64 = 1_000_000_000
    /// What `on_audio` answers.
    public var audioResult: Int32 = 0
    public let entry: parley_transport_entry_t
    var loop = FakeLoop()
    private var raw = UnsafeMutablePointer<parley_host_t>.allocate(capacity: 1)
    private var handle: OpaquePointer?
    private var lastCommand: UInt32 = 0

    /// The SDK has one host thread and one transport per image, so tests take turns.
    private static let turn = Mutex(())

    /// Runs `body` with a host that made an instance of `type`, on this thread.
    public static func with<T: TransportLayer>(
        _ type: T.Type, _ body: (FakeTransportHost) throws -> Void
    ) throws {
        try turn.withLock { _ in
            guard let entry = TransportEntry.make(type) else { throw NoEntry() }
            let host = FakeTransportHost(entry: entry.pointee)
            host.create()
            defer { host.destroy() }
            try body(host)
        }
    }

    public struct NoEntry: Error {}

    private init(entry: parley_transport_entry_t) { self.entry = entry }

    private func create() {
        raw.initialize(to: makeHost())
        handle = entry.create(raw)
    }

    public var wasCreated: Bool { handle != nil }

    public func destroy() {
        if let handle { entry.destroy(handle) }
        handle = nil
    }

    // MARK: What the host calls

    @discardableResult
    public func connect(
        options: JSONValue = [:], config: JSONValue = [:], items: JSONValue = [],
        generation: UInt32 = 1, resume: Bool = false
    ) -> Int32 {
        connect(
            optionsText: options.serialized(), configText: config.serialized(),
            itemsText: items.serialized(), generation: generation, resume: resume)
    }

    @discardableResult
    public func connect(
        optionsText: String, configText: String = "{}", itemsText: String = "[]",
        generation: UInt32 = 1, resume: Bool = false
    ) -> Int32 {
        optionsText.withCString { options in
            configText.withCString { config in
                itemsText.withCString { items in
                    var request = parley_connect_t()
                    request.struct_size = UInt32(MemoryLayout<parley_connect_t>.size)
                    request.resume = resume ? 1 : 0
                    request.attempt = 1
                    request.generation = generation
                    request.options_json = options
                    request.config_json = config
                    request.items_json = items
                    return entry.connect(handle, &request)
                }
            }
        }
    }

    public func close() { entry.close(handle) }

    /// Gives a command and tells how it was answered, at once or by `complete`; nil when not yet.
    @discardableResult
    public func command(_ name: String, _ arguments: JSONValue = [:]) -> CommandAnswer? {
        command(name, text: arguments.serialized())
    }

    @discardableResult
    public func command(_ name: String, text: String) -> CommandAnswer? {
        lastCommand += 1
        let id = lastCommand
        let result = entry.command(handle, id, name, text)
        return result == 1 ? answer(to: id) : CommandAnswer(result: result, data: nil)
    }

    public func answer(to id: UInt32) -> CommandAnswer? {
        for call in calls {
            if case .complete(id, let answer) = call { return answer }
        }
        return nil
    }

    public func sendAudio(
        _ bytes: [UInt8], codec: UInt32 = 1, rateHz: UInt32 = 24000, samples: Int,
        sequence: UInt32 = 0, timestamp: UInt64 = 0
    ) {
        bytes.withUnsafeBufferPointer { bytes in
            var frame = parley_audio_frame_t()
            frame.struct_size = UInt32(MemoryLayout<parley_audio_frame_t>.size)
            frame.format = parley_format_t(codec: codec, rate_hz: rateHz)
            frame.sample_count = UInt32(samples)
            frame.sequence = sequence
            frame.timestamp = timestamp
            frame.data = bytes.baseAddress
            frame.data_size = UInt32(bytes.count)
            entry.send_audio(handle, &frame)
        }
    }

    public func dropAudio() { entry.drop_audio(handle) }

    public func playback(
        _ kind: UInt32, itemID: String? = nil, cause: UInt32 = 2, generation: UInt32 = 0,
        rateHz: UInt32 = 24000, heard: UInt64 = 0, received: UInt64 = 0
    ) {
        var playback = parley_playback_t()
        playback.struct_size = UInt32(MemoryLayout<parley_playback_t>.size)
        playback.kind = kind
        playback.cause = cause
        playback.generation = generation
        playback.rate_hz = rateHz
        playback.heard_samples = heard
        playback.received_samples = received
        guard let itemID else { return entry.playback(handle, &playback) }
        itemID.withCString { text in
            playback.item_id = text
            entry.playback(handle, &playback)
        }
    }

    public func listeners(_ heard: UInt32) { entry.listeners(handle, heard) }

    public func secret(_ name: String, _ value: String?) {
        if let value { entry.secret(handle, name, value) } else { entry.secret(handle, name, nil) }
    }

    // MARK: Time

    /// Moves the time, calling back on the way.
    public func advance(ms: Int) {
        let end = nowNs + UInt64(ms) * 1_000_000
        runPosts()
        while let timer = loop.removeTimer(dueBy: end) {
            nowNs = max(nowNs, timer.dueNs)
            timer.callback(timer.data)
            runPosts()
        }
        nowNs = end
    }

    public var hasTimers: Bool { !loop.timers.isEmpty }

    public func runPosts() {
        while !loop.posts.isEmpty {
            let post = loop.posts.removeFirst()
            post.callback(post.data)
        }
    }

    /// Calls the watch of `fd`, as if it were ready.
    public func makeReady(_ fd: CInt, _ ready: UInt32) {
        guard let watch = loop.watches[fd] else { return }
        watch.callback(watch.data, fd, ready)
    }

    public var hasWatches: Bool { !loop.watches.isEmpty }

    public func isWatched(_ fd: CInt) -> Bool { loop.watches[fd] != nil }
}
