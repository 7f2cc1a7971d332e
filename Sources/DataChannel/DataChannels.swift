/// The data channels of one call (RFC 8831): SCTP by usrsctp, channels by DCEP, no I/O. The packets go
/// through DTLS, by ``Effect/send(_:)`` and ``receive(_:nowNs:)``; ``nextEffect()`` is to be asked after
/// every call until it gives nil. Releasing this ends the association. [one thread, the same for all]
public final class DataChannels {
    public enum Message: Sendable, Hashable {
        case text(String)
        case binary([UInt8])

        public var byteCount: Int {
            switch self {
            case .text(let text): text.utf8.count
            case .binary(let bytes): bytes.count
            }
        }
    }

    public enum Effect: Sendable {
        /// A packet to be sent as DTLS application data.
        case send([UInt8])
        /// A channel works: one of ours that the peer confirmed, or a new one of the peer's.
        case opened(UInt16, DataChannelParameters)
        case message(UInt16, Message)
        case closed(UInt16)
        /// The association ended, and every channel with it; nothing follows.
        case ended(DataChannelFault?)
    }

    /// What is said of a channel that is wanted.
    public enum SendResult: Sendable, Hashable {
        case queued
        /// Too much waits already; try again when ``bufferedBytes`` has gone down.
        case full
        /// There is no such channel, or the message is too large for the peer.
        case refused
    }

    /// Largest message that is taken from a peer, for `a=max-message-size`.
    public static var maximumMessageBytes: Int { 262_144 }

    private struct Channel {
        var parameters: DataChannelParameters
        var isConfirmed: Bool
        /// Both directions are being closed.
        var isClosing = false
    }

    private struct Outgoing {
        let stream: UInt16
        let ppid: UInt32
        let bytes: [UInt8]
        var delivery = SCTPAssociation.Delivery()
    }

    private enum PPID {
        static var dcep: UInt32 { 50 }
        static var text: UInt32 { 51 }
        static var binary: UInt32 { 53 }
        static var emptyText: UInt32 { 56 }
        static var emptyBinary: UInt32 { 57 }
    }

    private let association = SCTPAssociation(maximumMessageBytes: DataChannels.maximumMessageBytes)
    private let peerMaximumBytes: Int
    private let queueLimitBytes: Int
    private var channels: [UInt16: Channel] = [:]
    private var queue: [Outgoing] = []
    private var resets: [UInt16] = []
    private var effects: [Effect] = []
    private var isConnected = false
    private var isOver = false
    private let firstID: UInt16

    /// Bytes that wait to be given to SCTP.
    public private(set) var bufferedBytes = 0

    /// - Parameters:
    ///   - isClient: the role in DTLS, which gives even streams to one side and odd ones to the other.
    ///   - peerMaximumBytes: the peer's `a=max-message-size`; 0 for any size.
    ///   - queueLimitBytes: how much may wait.
    public init(isClient: Bool, peerMaximumBytes: Int = 65_536, queueLimitBytes: Int = 1 << 22) {
        firstID = isClient ? 0 : 1
        let own = Self.maximumMessageBytes
        self.peerMaximumBytes = peerMaximumBytes == 0 ? own : min(own, peerMaximumBytes)
        self.queueLimitBytes = queueLimitBytes
    }

    /// Called when an effect came about in the turn of another call's channels, since usrsctp has one
    /// set of timers: ask ``nextEffect()`` in a turn of its own, after ``advance(nowNs:)``.
    public var onEffect: (() -> Void)? {
        get { association.onEffect }
        set { association.onEffect = newValue }
    }

    /// When ``advance(nowNs:)`` is to be called; nil while nothing is under way.
    public var nextDueNs: UInt64? { association.nextDueNs }

    public func start(
        localPort: UInt16 = 5000, remotePort: UInt16 = 5000, nowNs: UInt64
    ) throws(DataChannelFault) {
        try association.connect(localPort: localPort, remotePort: remotePort, nowNs: nowNs)
        collect(nowNs: nowNs)
    }

    /// A packet out of DTLS.
    public func receive(_ packet: UnsafeRawBufferPointer, nowNs: UInt64) {
        association.receive(packet, nowNs: nowNs)
        collect(nowNs: nowNs)
    }

    public func advance(nowNs: UInt64) {
        association.advance(nowNs: nowNs)
        collect(nowNs: nowNs)
    }

    public func nextEffect() -> Effect? { effects.isEmpty ? nil : effects.removeFirst() }

    // MARK: Channels

    /// Opens a channel; it may be used at once.
    ///
    /// - Returns: its number; nil when all are taken.
    public func open(_ parameters: DataChannelParameters, nowNs: UInt64) -> UInt16? {
        let numbers = stride(from: firstID, to: SCTPAssociation.streams, by: 2)
        guard !isOver,
            let id = numbers.first(where: { channels[$0] == nil && !resets.contains($0) })
        else { return nil }
        channels[id] = Channel(parameters: parameters, isConfirmed: false)
        add(Outgoing(stream: id, ppid: PPID.dcep, bytes: DCEP.open(parameters).bytes))
        collect(nowNs: nowNs)
        return id
    }

    public func send(_ message: Message, on id: UInt16, nowNs: UInt64) -> SendResult {
        guard let channel = channels[id], !channel.isClosing,
            message.byteCount <= peerMaximumBytes
        else { return .refused }
        guard bufferedBytes + message.byteCount <= queueLimitBytes else { return .full }
        var (ppid, bytes): (UInt32, [UInt8]) =
            switch message {
            case .text(let text): (PPID.text, Array(text.utf8))
            case .binary(let bytes): (PPID.binary, bytes)
            }
        if bytes.isEmpty {
            // SCTP carries no empty message; a zero byte and another number say it (RFC 8831, 6.6).
            ppid = ppid == PPID.text ? PPID.emptyText : PPID.emptyBinary
            bytes = [0]
        }
        var outgoing = Outgoing(stream: id, ppid: ppid, bytes: bytes)
        outgoing.delivery.reliability = channel.parameters.reliability
        // Nothing overtakes the opening (RFC 8832, section 6).
        outgoing.delivery.isOrdered = channel.parameters.isOrdered || !channel.isConfirmed
        add(outgoing)
        collect(nowNs: nowNs)
        return .queued
    }

    /// Closes a channel once what it was given is with SCTP; ``Effect/closed(_:)`` follows.
    public func close(_ id: UInt16, nowNs: UInt64) {
        guard channels[id]?.isClosing == false else { return }
        channels[id]?.isClosing = true
        resets.append(id)
        collect(nowNs: nowNs)
    }

    /// Ends the association at once.
    public func close(nowNs: UInt64) {
        guard !isOver else { return }
        association.close(nowNs: nowNs)
        collect(nowNs: nowNs)
    }

    // MARK: SCTP

    private func add(_ outgoing: Outgoing) {
        queue.append(outgoing)
        bufferedBytes += outgoing.bytes.count
    }

    private func collect(nowNs: UInt64) {
        repeat {
            while let effect = association.nextEffect() { take(effect) }
        } while flush(nowNs: nowNs)
    }

    /// - Returns: whether something moved, so that effects may be there.
    private func flush(nowNs: UInt64) -> Bool {
        guard isConnected, !isOver else { return false }
        var taken = 0
        loop: for outgoing in queue {
            let result = outgoing.bytes.withUnsafeBytes {
                association.send(
                    $0, stream: outgoing.stream, ppid: outgoing.ppid, outgoing.delivery,
                    nowNs: nowNs)
            }
            switch result {
            case .full: break loop
            // What SCTP does not take is a stream beyond the peer's number of them.
            case .refused: channels[outgoing.stream]?.isClosing = true
            case .taken: break
            }
            taken += 1
            bufferedBytes -= outgoing.bytes.count
        }
        queue.removeFirst(taken)
        var hasReset = false
        if let id = resets.first, !queue.contains(where: { $0.stream == id }),
            association.reset(id, nowNs: nowNs)
        {
            resets.removeFirst()
            hasReset = true
        }
        return taken > 0 || hasReset
    }

    private func take(_ effect: SCTPAssociation.Effect) {
        switch effect {
        case .send(let packet): effects.append(.send(packet))
        case .connected: isConnected = true
        case .message(let stream, PPID.dcep, let bytes): control(stream, bytes)
        case .message(let stream, let ppid, let bytes): arrived(stream, ppid, bytes)
        case .streamsReset(let streams): streams.forEach(peerClosed)
        case .ended(let fault):
            isOver = true
            queue = []
            bufferedBytes = 0
            channels = [:]
            effects.append(.ended(fault))
        }
    }

    private func control(_ stream: UInt16, _ bytes: [UInt8]) {
        guard let message = try? bytes.withUnsafeBytes({ try DCEP($0) }) else { return }
        switch message {
        case .ack:
            guard let channel = channels[stream], !channel.isConfirmed else { return }
            channels[stream]?.isConfirmed = true
            effects.append(.opened(stream, channel.parameters))
        case .open(let parameters):
            // A number of ours is no number of the peer's.
            guard channels[stream] == nil, stream % 2 != firstID,
                stream < SCTPAssociation.streams
            else { return }
            channels[stream] = Channel(parameters: parameters, isConfirmed: true)
            add(Outgoing(stream: stream, ppid: PPID.dcep, bytes: DCEP.ack.bytes))
            effects.append(.opened(stream, parameters))
        }
    }

    private func arrived(_ stream: UInt16, _ ppid: UInt32, _ bytes: [UInt8]) {
        guard let channel = channels[stream] else { return }
        // A peer that sends has taken the channel, whatever became of its confirmation.
        if !channel.isConfirmed {
            channels[stream]?.isConfirmed = true
            effects.append(.opened(stream, channel.parameters))
        }
        switch ppid {
        case PPID.text:
            // What is no UTF-8 is no text.
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            effects.append(.message(stream, .text(text)))
        case PPID.emptyText: effects.append(.message(stream, .text("")))
        case PPID.binary: effects.append(.message(stream, .binary(bytes)))
        case PPID.emptyBinary: effects.append(.message(stream, .binary([])))
        default: break
        }
    }

    private func peerClosed(_ stream: UInt16) {
        guard let channel = channels.removeValue(forKey: stream) else { return }
        // Our direction too, unless that is what the peer answers.
        if !channel.isClosing { resets.append(stream) }
        queue.removeAll {
            guard $0.stream == stream else { return false }
            bufferedBytes -= $0.bytes.count
            return true
        }
        effects.append(.closed(stream))
    }
}
