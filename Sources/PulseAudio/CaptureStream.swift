import AudioCore
import CPulse
import DeviceLines
import EventLoop
import Synchronization

/// Sound from one source into one ``CaptureLine``.
@LoopActor
public final class CaptureStream: OpenableStream {
    public static let kind = AudioDevice.Kind.source
    static let facility = PulseConnection.Change.Facility.sourceOutput
    /// PipeWire (0.3.65 to 1.6.8 at least) lets captured sound lie while anything else waits to be sent on
    /// its connection. Beside a loudspeaker, whose requests may come first in every cycle, a microphone would
    /// be late by up to half a second.
    static let hasOwnConnection = true

    public let line = CaptureLine()
    let handle: StreamHandle
    private nonisolated(unsafe) let io: CaptureIOPointer
    private let requestedMs: Double
    private let openedNs = MonotonicClock.nowNs

    init(
        connection: PulseConnection, device: String, settings: StreamSettings, level: StreamLevel?
    ) throws(PulseError) {
        let handle = try StreamHandle(connection: connection, name: "Parley microphone")
        self.handle = handle
        requestedMs = settings.captureMs
        io = .allocate(capacity: 1)
        io.initialize(to: CaptureIO(stream: handle.stream, line: line))
        let userdata = UnsafeMutableRawPointer(io)
        var flags = PA_STREAM_ADJUST_LATENCY.rawValue
        if level?.isMuted == true { flags |= PA_STREAM_START_MUTED.rawValue }
        let code: CInt = connection.loop.withLock {
            pa_stream_set_read_callback(handle.stream, onCaptureReadable, userdata)
            pa_stream_set_latency_update_callback(handle.stream, onCaptureTiming, userdata)
            var buffer = pa_buffer_attr(
                maxlength: UInt32.max, tlength: UInt32.max, prebuf: UInt32.max, minreq: UInt32.max,
                fragsize: StreamFormat.bytes(ms: settings.captureMs))
            let result = pa_stream_connect_record(
                handle.stream, device, &buffer, pa_stream_flags_t(rawValue: flags))
            return result < 0 ? pa_context_errno(connection.context) : 0
        }
        guard code == 0 else {
            close()
            throw PulseError(code: code, doing: "opening the source \(device)")
        }
    }

    public func close() {
        guard handle.isOpen else { return }
        handle.close {
            io.deinitialize(count: 1)
            io.deallocate()
        }
    }

    isolated deinit { close() }

    public var activityNs: UInt64 {
        guard handle.isOpen else { return 0 }
        return max(openedNs, io.pointee.activityNs.load(ordering: .relaxed))
    }

    public var isProven: Bool {
        handle.isOpen && io.pointee.activityNs.load(ordering: .relaxed) > 0
    }

    public var underruns: Int { 0 }
    public var overrunSamples: Int { line.overrunSamples.load(ordering: .relaxed) }

    public var figures: StreamFigures {
        var figures = StreamFigures()
        figures.overrunSamples = overrunSamples
        figures.ringMs = Double(line.ring.available) / 48
        figures.requestedMs = requestedMs
        guard handle.isOpen else { return figures }
        figures.latencyMs = Double(io.pointee.latencyUs.load(ordering: .relaxed)) / 1000
        figures.clockSkewPpm = io.pointee.clockSkew.ppm
        handle.connection.loop.withLock {
            guard let buffer = pa_stream_get_buffer_attr(handle.stream)?.pointee else { return }
            figures.actualMs = StreamFormat.ms(bytes: buffer.fragsize)
            if let info = pa_stream_get_timing_info(handle.stream)?.pointee {
                figures.actualMs += Double(info.configured_source_usec) / 1000
            }
        }
        return figures
    }

    func maintain(nowNs: UInt64) {}

    func askLevel(_ completion: @escaping @LoopActor @Sendable (StreamLevel?, Bool) -> Void) {
        guard let index = handle.index else { return }
        handle.connection.request { context, userdata in
            pa_context_get_source_output_info(context, index, onSourceOutput, userdata)
        } completion: { (answers: [StreamReport]?) in
            completion(answers?.first?.level, answers?.first?.isCorked ?? false)
        }
    }

    func restore(_ level: StreamLevel) {
        guard let index = handle.index else { return }
        handle.connection.request { context, userdata in
            var volume = channelVolume(level.volume, channels: 1)
            return pa_context_set_source_output_volume(
                context, index, &volume, onSuccess, userdata)
        } completion: { (_: [Void]?) in
        }
        handle.connection.request { context, userdata in
            pa_context_set_source_output_mute(
                context, index, level.isMuted ? 1 : 0, onSuccess, userdata)
        } completion: { (_: [Void]?) in
        }
    }
}

/// What the server says about a stream.
struct StreamReport: Sendable {
    var level: StreamLevel?
    var isCorked: Bool
}

private func onSourceOutput(
    _ context: OpaquePointer?, _ info: UnsafePointer<pa_source_output_info>?, _ eol: CInt,
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
