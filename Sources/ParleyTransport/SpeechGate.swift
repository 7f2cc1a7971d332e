import CParleyTransport
import Synchronization

/// Gives speech its generation, and keeps it apart around an interruption. [thread-safe]
///
/// Between ``beginFlush()`` and ``endFlush(generation:through:)`` speech of the item that was sent last
/// and packets belong to what is cut off; speech of another item is new and waits.
final class SpeechGate: Sendable {
    typealias Send = (AudioHeader, UnsafeRawBufferPointer, UInt32) -> TransportHost.AudioResult

    static let heldBytesMax = 1 << 20

    private struct HeldFrame {
        let header: AudioHeader
        let bytes: [UInt8]
    }

    private struct State {
        var generation: UInt32 = 1
        var isFlushing = false
        var lastItemID: String?
        var held: [HeldFrame] = []
        var heldBytes = 0

        mutating func clear() {
            isFlushing = false
            lastItemID = nil
            held = []
            heldBytes = 0
        }
    }

    /// Held while frames are sent, so that what was held back goes before what comes next.
    private let state = Mutex(State())

    /// A new connection.
    func begin(generation: UInt32) {
        state.withLock { state in
            state.clear()
            state.generation = generation
        }
    }

    func forget() { state.withLock { $0.clear() } }

    func beginFlush() { state.withLock { $0.isFlushing = true } }

    func endFlush(generation: UInt32, through send: Send) {
        state.withLock { state in
            let held = state.held
            state.clear()
            state.generation = generation
            for frame in held {
                state.lastItemID = frame.header.itemID
                frame.bytes.withUnsafeBytes { _ = send(frame.header, $0, generation) }
            }
        }
    }

    func pass(
        _ header: AudioHeader, _ bytes: UnsafeRawBufferPointer, through send: Send
    ) -> TransportHost.AudioResult {
        state.withLock { state in
            guard !state.isFlushing else { return Self.hold(header, bytes, &state) }
            if state.lastItemID != header.itemID { state.lastItemID = header.itemID }
            return send(header, bytes, state.generation)
        }
    }

    private static func hold(
        _ header: AudioHeader, _ bytes: UnsafeRawBufferPointer, _ state: inout State
    ) -> TransportHost.AudioResult {
        guard let itemID = header.itemID, itemID != state.lastItemID,
            !header.flags.contains(.packet)
        else { return .dropped }
        guard state.heldBytes + bytes.count <= heldBytesMax else { return .full }
        state.held.append(HeldFrame(header: header, bytes: [UInt8](bytes)))
        state.heldBytes += bytes.count
        return .heldBack
    }
}
