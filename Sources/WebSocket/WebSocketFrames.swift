import CWslay
import Glibc

/// Messages of RFC 6455 over a byte stream, without a socket: libwslay frames, masks, puts fragments
/// together, checks UTF-8, answers pings and closes. [one thread]
final class WebSocketFrames {
    enum Role { case client, server }

    /// What came. Bytes are valid within the call only.
    enum Message {
        case text(UnsafeRawBufferPointer)
        case binary(UnsafeRawBufferPointer)
        case pong
        /// 1005 where the peer gave no code.
        case close(code: UInt16, reason: String)
    }

    /// What is to be sent to the peer.
    var outgoing = ByteQueue()
    private let role: Role
    private var context: wslay_event_context_ptr?
    private var masks = MaskSource()
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var handler: (Message) -> Void = { _ in }

    /// - Parameter maximumMessageBytes: of a message received, all its fragments together; a longer one
    ///   closes the connection with 1009.
    init(_ role: Role, maximumMessageBytes: Int) {
        self.role = role
        var callbacks = wslay_event_callbacks()
        callbacks.recv_callback = { context, buffer, room, _, data in
            guard let data, let buffer else { return -1 }
            return WebSocketFrames.of(data).take(into: buffer, room: room, context)
        }
        callbacks.send_callback = { _, bytes, count, _, data in
            guard let data else { return -1 }
            WebSocketFrames.of(data).outgoing
                .append(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }
        callbacks.genmask_callback = { _, mask, count, data in
            guard let data else { return -1 }
            let key = UnsafeMutableRawBufferPointer(start: mask, count: count)
            return WebSocketFrames.of(data).masks.fill(key) ? 0 : -1
        }
        callbacks.on_msg_recv_callback = { _, message, data in
            guard let data, let message else { return }
            WebSocketFrames.of(data).deliver(message.pointee)
        }
        let me = Unmanaged.passUnretained(self).toOpaque()
        let code =
            role == .client
            ? wslay_event_context_client_init(&context, &callbacks, me)
            : wslay_event_context_server_init(&context, &callbacks, me)
        precondition(code == 0, "libwslay has no memory for a connection")
        wslay_event_config_set_max_recv_msg_length(context, UInt64(maximumMessageBytes))
    }

    deinit { wslay_event_context_free(context) }

    private static func of(_ data: UnsafeMutableRawPointer) -> WebSocketFrames {
        Unmanaged<WebSocketFrames>.fromOpaque(data).takeUnretainedValue()
    }

    // MARK: In

    /// Takes bytes of the peer; what they complete goes to `handler`.
    ///
    /// - Returns: nil, or the code with which a peer that broke the protocol was closed.
    func receive(
        _ bytes: UnsafeRawBufferPointer, _ handler: @escaping (Message) -> Void
    ) -> UInt16? {
        input = bytes
        self.handler = handler
        defer {
            input = UnsafeRawBufferPointer(start: nil, count: 0)
            self.handler = { _ in }
        }
        let code = wslay_event_recv(context)
        // Answers to pings, closes and faults.
        flush()
        guard code == 0, wslay_event_get_read_enabled(context) != 0 || hasReceivedClose else {
            let sent = wslay_event_get_status_code_sent(context)
            return sent == 1006 || sent == 0 ? 1002 : sent
        }
        return nil
    }

    private func take(
        into buffer: UnsafeMutablePointer<UInt8>, room: Int, _ context: wslay_event_context_ptr?
    ) -> Int {
        let count = min(room, input.count)
        guard count > 0, let source = input.baseAddress else {
            wslay_event_set_error(context, CInt(WSLAY_ERR_WOULDBLOCK.rawValue))
            return -1
        }
        UnsafeMutableRawPointer(buffer).copyMemory(from: source, byteCount: count)
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        return count
    }

    private func deliver(_ message: wslay_event_on_msg_recv_arg) {
        let bytes = UnsafeRawBufferPointer(start: message.msg, count: message.msg_length)
        switch UInt32(message.opcode) {
        case WSLAY_TEXT_FRAME.rawValue: handler(.text(bytes))
        case WSLAY_BINARY_FRAME.rawValue: handler(.binary(bytes))
        case WSLAY_PONG.rawValue: handler(.pong)
        case WSLAY_CONNECTION_CLOSE.rawValue:
            // The reason comes behind the code.
            let reason = String(decoding: bytes.dropFirst(2), as: UTF8.self)
            handler(
                .close(
                    code: message.status_code == 0 ? 1005 : message.status_code, reason: reason))
        default: break
        }
    }

    // MARK: Out

    /// Queues a text message in ``outgoing``. False once a close was sent or the peer's came.
    @discardableResult
    func sendText(_ bytes: UnsafeRawBufferPointer) -> Bool { send(WSLAY_TEXT_FRAME, bytes) }

    @discardableResult
    func sendBinary(_ bytes: UnsafeRawBufferPointer) -> Bool { send(WSLAY_BINARY_FRAME, bytes) }

    @discardableResult
    func sendPing() -> Bool { send(WSLAY_PING, UnsafeRawBufferPointer(start: nil, count: 0)) }

    /// Begins the closing handshake.
    func close(code: UInt16, reason: String) {
        var reason = String(decoding: reason.utf8.prefix(120), as: UTF8.self)
        _ = reason.withUTF8 {
            wslay_event_queue_close(context, code, $0.baseAddress, $0.count)
        }
        flush()
    }

    var hasSentClose: Bool { wslay_event_get_close_sent(context) != 0 }
    var hasReceivedClose: Bool { wslay_event_get_close_received(context) != 0 }

    private func send(_ opcode: wslay_opcode, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var message = wslay_event_msg(
            opcode: UInt8(opcode.rawValue),
            msg: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), msg_length: bytes.count)
        guard wslay_event_queue_msg(context, &message) == 0 else { return false }
        flush()
        return true
    }

    private func flush() { _ = wslay_event_send(context) }
}
