import CPulse
import EventLoop

/// One `pa_stream` and what is told about it, whichever its direction. Its sound is the business of
/// ``CaptureStream`` and ``PlaybackStream``.
@LoopActor
final class StreamHandle {
    enum Event: Sendable, Hashable {
        case ready
        /// It could not be made, or it was killed, or its device went.
        case ended(PulseError)
        case suspended(Bool)
        case moved(device: String)
        /// Another program's wish: "request-cork", "request-uncork".
        case asked(String)
    }

    let connection: PulseConnection
    nonisolated(unsafe) let stream: OpaquePointer
    var onEvent: @LoopActor (Event) -> Void = { _ in }
    private(set) var isOpen = true

    init(connection: PulseConnection, name: String) throws(PulseError) {
        guard connection.isOpen else {
            throw PulseError(code: CInt(PA_ERR_BADSTATE.rawValue), doing: "making a stream")
        }
        self.connection = connection
        let made: OpaquePointer? = connection.loop.withLock {
            guard let properties = pa_proplist_new() else { return nil }
            defer { pa_proplist_free(properties) }
            pa_proplist_sets(properties, PA_PROP_MEDIA_ROLE, "phone")
            pa_proplist_sets(properties, PA_PROP_MEDIA_NAME, name)
            pa_proplist_sets(properties, PA_PROP_APPLICATION_NAME, "Parley")
            var format = StreamFormat.specification
            var map = pa_channel_map()
            pa_channel_map_init_mono(&map)
            return pa_stream_new_with_proplist(
                connection.context, name, &format, &map, properties)
        }
        guard let made else { throw PulseError(code: pulseInternalError, doing: "making a stream") }
        stream = made
        let me = Unmanaged.passUnretained(self).toOpaque()
        connection.loop.withLock {
            pa_stream_set_state_callback(made, onStreamState, me)
            pa_stream_set_suspended_callback(made, onStreamSuspended, me)
            pa_stream_set_moved_callback(made, onStreamMoved, me)
            pa_stream_set_event_callback(made, onStreamEvent, me)
        }
    }

    /// Ends the stream; no event follows. Again is harmless.
    /// - Parameter last: what must happen under the same lock, when no callback can run any more.
    func close(_ last: () -> Void = {}) {
        guard isOpen else { return }
        isOpen = false
        connection.loop.withLock {
            pa_stream_set_state_callback(stream, nil, nil)
            pa_stream_set_suspended_callback(stream, nil, nil)
            pa_stream_set_moved_callback(stream, nil, nil)
            pa_stream_set_event_callback(stream, nil, nil)
            pa_stream_set_read_callback(stream, nil, nil)
            pa_stream_set_write_callback(stream, nil, nil)
            pa_stream_set_underflow_callback(stream, nil, nil)
            pa_stream_set_overflow_callback(stream, nil, nil)
            pa_stream_set_started_callback(stream, nil, nil)
            pa_stream_set_latency_update_callback(stream, nil, nil)
            pa_stream_disconnect(stream)
            pa_stream_unref(stream)
            last()
        }
    }

    isolated deinit { close() }

    /// Index of the sink input or source output; nil before the server knows the stream.
    var index: UInt32? {
        let index = connection.loop.withLock { pa_stream_get_index(stream) }
        return index == UInt32.max ? nil : index
    }

    /// Whether somebody paused it.
    var isCorked: Bool { connection.loop.withLock { pa_stream_is_corked(stream) == 1 } }

    func uncork() {
        connection.request { _, userdata in
            pa_stream_cork(stream, 0, onStreamSuccess, userdata)
        } completion: { (_: [Void]?) in
        }
    }

    fileprivate nonisolated func stateChanged() {
        switch pa_stream_get_state(stream) {
        case PA_STREAM_READY:
            post(.ready)
            if pa_stream_is_suspended(stream) == 1 { post(.suspended(true)) }
        case PA_STREAM_FAILED:
            post(
                .ended(PulseError(code: pa_context_errno(connection.context), doing: "the stream")))
        case PA_STREAM_TERMINATED:
            post(.ended(PulseError(code: CInt(PA_ERR_KILLED.rawValue), doing: "the stream")))
        default:
            break
        }
    }

    fileprivate nonisolated func post(_ event: Event) {
        EventLoop.shared.post { [self] in
            if isOpen { onEvent(event) }
        }
    }
}

func onStreamSuccess(
    _ stream: OpaquePointer?, _ success: CInt, _ userdata: UnsafeMutableRawPointer?
) {
    PulseRequest<Void>.from(userdata)?.finish(succeeded: success != 0)
}

private func handle(_ userdata: UnsafeMutableRawPointer?) -> StreamHandle? {
    userdata.map { Unmanaged<StreamHandle>.fromOpaque($0).takeUnretainedValue() }
}

private func onStreamState(_ stream: OpaquePointer?, _ userdata: UnsafeMutableRawPointer?) {
    handle(userdata)?.stateChanged()
}

private func onStreamSuspended(_ stream: OpaquePointer?, _ userdata: UnsafeMutableRawPointer?) {
    handle(userdata)?.post(.suspended(pa_stream_is_suspended(stream) == 1))
}

private func onStreamMoved(_ stream: OpaquePointer?, _ userdata: UnsafeMutableRawPointer?) {
    handle(userdata)?.post(.moved(device: string(pa_stream_get_device_name(stream))))
}

private func onStreamEvent(
    _ stream: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ properties: OpaquePointer?,
    _ userdata: UnsafeMutableRawPointer?
) {
    handle(userdata)?.post(.asked(string(name)))
}
