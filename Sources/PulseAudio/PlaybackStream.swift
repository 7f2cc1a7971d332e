import AudioCore
import CPulse
import DeviceLines
import EventLoop
import Synchronization

/// Sound from one ``PlaybackLine`` into one sink.
@LoopActor
public final class PlaybackStream: OpenableStream {
    public static let kind = AudioDevice.Kind.sink
    static let facility = PulseConnection.Change.Facility.sinkInput
    static let hasOwnConnection = false

    public let line = PlaybackLine()
    let handle: StreamHandle
    private nonisolated(unsafe) let io: PlaybackIOPointer
    /// The watch of the doorbell on the pulse thread.
    private nonisolated(unsafe) var doorbell: OpaquePointer?
    private var target: BufferTarget
    private var seenUnderruns = 0
    private let openedNs = MonotonicClock.nowNs

    init(
        connection: PulseConnection, device: String, settings: StreamSettings, level: StreamLevel?
    ) throws(PulseError) {
        let handle = try StreamHandle(connection: connection, name: "Parley speaker")
        self.handle = handle
        target = BufferTarget(
            baseMs: settings.playbackMs, maximumMs: settings.maximumPlaybackMs, nowNs: openedNs)
        io = .allocate(capacity: 1)
        io.initialize(to: PlaybackIO(stream: handle.stream, line: line))
        let userdata = UnsafeMutableRawPointer(io)
        var flags = PA_STREAM_ADJUST_LATENCY.rawValue
        if let level {
            flags |=
                level.isMuted ? PA_STREAM_START_MUTED.rawValue : PA_STREAM_START_UNMUTED.rawValue
        }
        let bell = line.pulseDoorbell.fd
        var event: OpaquePointer?
        let code: CInt = connection.loop.withLock {
            let stream = handle.stream
            pa_stream_set_write_callback(stream, onPlaybackWritable, userdata)
            pa_stream_set_latency_update_callback(stream, onPlaybackTiming, userdata)
            pa_stream_set_underflow_callback(stream, onPlaybackUnderflow, userdata)
            pa_stream_set_started_callback(stream, onPlaybackStarted, userdata)
            let api = connection.loop.api
            event = api.pointee.io_new(api, bell, PA_IO_EVENT_INPUT, onPlaybackDoorbell, userdata)
            var buffer = Self.buffer(ms: target.ms)
            var volume = channelVolume(level?.volume ?? 1, channels: 1)
            let flags = pa_stream_flags_t(rawValue: flags)
            let result =
                level == nil
                ? pa_stream_connect_playback(stream, device, &buffer, flags, nil, nil)
                : pa_stream_connect_playback(stream, device, &buffer, flags, &volume, nil)
            return result < 0 ? pa_context_errno(connection.context) : 0
        }
        doorbell = event
        guard code == 0 else {
            close()
            throw PulseError(code: code, doing: "opening the sink \(device)")
        }
    }

    /// With ADJUST_LATENCY `tlength` is all that is between our write and the sink's end. A third
    /// is the unit of requests: the server keeps two of them in the stream's buffer. `prebuf` of
    /// one sample starts and restarts with the first sound, and lets the server hold its place, and
    /// not run on, when it has none: positions stay those of the samples.
    private static func buffer(ms: Double) -> pa_buffer_attr {
        pa_buffer_attr(
            maxlength: UInt32.max, tlength: StreamFormat.bytes(ms: ms),
            prebuf: UInt32(StreamFormat.sampleBytes), minreq: StreamFormat.bytes(ms: ms / 3),
            fragsize: UInt32.max)
    }

    public func close() {
        guard handle.isOpen else { return }
        let api = handle.connection.loop.api
        handle.close {
            if let doorbell { api.pointee.io_free(doorbell) }
            io.deinitialize(count: 1)
            io.deallocate()
        }
        doorbell = nil
    }

    isolated deinit { close() }

    public var activityNs: UInt64 {
        guard handle.isOpen else { return 0 }
        // While the engine owes sound, the server's silence is not its fault.
        if io.pointee.owed.load(ordering: .relaxed) > 0 { return MonotonicClock.nowNs }
        return max(openedNs, io.pointee.activityNs.load(ordering: .relaxed))
    }

    public var isProven: Bool {
        handle.isOpen && io.pointee.activityNs.load(ordering: .relaxed) > 0
    }

    public var underruns: Int { line.underruns.load(ordering: .relaxed) }
    public var overrunSamples: Int { 0 }

    public var figures: StreamFigures {
        var figures = StreamFigures()
        figures.underruns = underruns
        figures.ringMs = Double(line.ring.available) / 48
        figures.requestedMs = target.ms
        guard handle.isOpen else { return figures }
        figures.latencyMs = Double(io.pointee.latencyUs.load(ordering: .relaxed)) / 1000
        figures.clockSkewPpm = io.pointee.clockSkew.ppm
        handle.connection.loop.withLock {
            guard let buffer = pa_stream_get_buffer_attr(handle.stream)?.pointee else { return }
            figures.actualMs = StreamFormat.ms(bytes: buffer.tlength)
            if let info = pa_stream_get_timing_info(handle.stream)?.pointee {
                figures.actualMs += Double(info.configured_sink_usec) / 1000
            }
        }
        return figures
    }

    func maintain(nowNs: UInt64) {
        let underruns = underruns
        let new = underruns - seenUnderruns
        seenUnderruns = underruns
        guard target.update(underruns: new, nowNs: nowNs) else { return }
        handle.connection.request { _, userdata in
            var buffer = Self.buffer(ms: target.ms)
            return pa_stream_set_buffer_attr(handle.stream, &buffer, onStreamSuccess, userdata)
        } completion: { (_: [Void]?) in
        }
    }

    func askLevel(_ completion: @escaping @LoopActor @Sendable (StreamLevel?, Bool) -> Void) {
        guard let index = handle.index else { return }
        handle.connection.request { context, userdata in
            pa_context_get_sink_input_info(context, index, onSinkInput, userdata)
        } completion: { (answers: [StreamReport]?) in
            completion(answers?.first?.level, answers?.first?.isCorked ?? false)
        }
    }

    func restore(_ level: StreamLevel) {
        guard let index = handle.index else { return }
        handle.connection.request { context, userdata in
            var volume = channelVolume(level.volume, channels: 1)
            return pa_context_set_sink_input_volume(context, index, &volume, onSuccess, userdata)
        } completion: { (_: [Void]?) in
        }
        handle.connection.request { context, userdata in
            pa_context_set_sink_input_mute(
                context, index, level.isMuted ? 1 : 0, onSuccess, userdata)
        } completion: { (_: [Void]?) in
        }
    }
}

private func onSinkInput(
    _ context: OpaquePointer?, _ info: UnsafePointer<pa_sink_input_info>?, _ eol: CInt,
    _ userdata: UnsafeMutableRawPointer?
) {
    guard let request = PulseRequest<StreamReport>.from(userdata) else { return }
    if let info = info?.pointee, eol == 0 {
        let level = StreamLevel(volume: linear(info.volume), isMuted: info.mute != 0)
        request.add(
            StreamReport(level: info.has_volume != 0 ? level : nil, isCorked: info.corked != 0))
    }
    if eol != 0 { request.finish(succeeded: eol > 0) }
}
