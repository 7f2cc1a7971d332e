import CUsrsctp
import Glibc

/// One SCTP association whose packets somebody else carries (RFC 8261). What comes of a call waits in
/// ``nextEffect()``. [one thread]
final class SCTPAssociation {
    enum Effect {
        /// A packet for the peer.
        case send([UInt8])
        case connected
        case message(stream: UInt16, ppid: UInt32, [UInt8])
        /// The peer has closed its direction of these streams.
        case streamsReset([UInt16])
        /// The end; nothing follows.
        case ended(DataChannelFault?)
    }

    /// How a message is to travel.
    struct Delivery {
        var isOrdered = true
        var reliability = DataChannelParameters.Reliability.reliable
    }

    enum SendResult {
        case taken
        /// Later: what is under way must be acknowledged first.
        case full
        case refused
    }

    /// Streams each way, which is how many channels there can be.
    static var streams: UInt16 { 256 }
    /// Bytes of the chunks in a packet, so that with its header and the DTLS record around it a datagram
    /// stays within 1,200.
    private static var pathMTU: UInt32 { 1_148 }
    /// A timer of the association may be late by so much.
    private static var tickNs: UInt64 { 50_000_000 }

    /// Called when an effect came about in the turn of another association.
    var onEffect: (() -> Void)?
    private let maximumMessageBytes: Int
    private var id: UInt = 0
    private var socket: OpaquePointer?
    private var effects: [Effect] = []
    private var isConnected = false
    private var isWithinCall = false
    /// The peer has not answered a reset of ours.
    private var isResetting = false
    /// The beginning of messages that come in pieces.
    private var pieces: [UInt16: [UInt8]] = [:]
    private(set) var nextDueNs: UInt64?

    init(maximumMessageBytes: Int) { self.maximumMessageBytes = maximumMessageBytes }

    deinit {
        if let socket { usrsctp_close(socket) }
        SCTPStack.remove(id)
    }

    // MARK: Calls

    /// Begins: both ends do, and their beginnings meet (RFC 9260, section 5.2.1).
    func connect(localPort: UInt16, remotePort: UInt16, nowNs: UInt64) throws(DataChannelFault) {
        SCTPStack.advance(nowNs: nowNs)
        id = SCTPStack.add(self)
        let name = UnsafeMutableRawPointer(bitPattern: id)
        guard
            let socket = usrsctp_socket(
                AF_CONN, CInt(SOCK_STREAM.rawValue), CInt(IPPROTO_SCTP),
                { _, _, data, count, info, flags, id in
                    defer { free(data) }
                    SCTPStack.find(id)?.arrive(data, count, info, flags)
                    return 1
                }, nil, 0, name)
        else { throw DataChannelFault("usrsctp has no memory for an association") }
        self.socket = socket
        SCTPOptions(socket).set(
            streams: Self.streams, pathMTU: Self.pathMTU,
            bufferBytes: 2 * maximumMessageBytes + 262_144)
        var address = sockaddr_conn()
        address.sconn_family = UInt16(AF_CONN)
        address.sconn_addr = name
        isWithinCall = true
        defer { finish(nowNs: nowNs) }
        address.sconn_port = localPort.bigEndian
        guard withAddress(&address, { usrsctp_bind(socket, $0, $1) }) == 0 else {
            throw DataChannelFault("usrsctp can't bind an association: \(Self.reason)")
        }
        address.sconn_port = remotePort.bigEndian
        guard
            withAddress(&address, { usrsctp_connect(socket, $0, $1) }) == 0 || errno == EINPROGRESS
        else { throw DataChannelFault("usrsctp can't begin an association: \(Self.reason)") }
    }

    func receive(_ packet: UnsafeRawBufferPointer, nowNs: UInt64) {
        guard socket != nil, let base = packet.baseAddress else { return }
        SCTPStack.advance(nowNs: nowNs)
        isWithinCall = true
        usrsctp_conninput(UnsafeMutableRawPointer(bitPattern: id), base, packet.count, 0)
        finish(nowNs: nowNs)
    }

    /// To be called when ``nextDueNs`` is reached.
    func advance(nowNs: UInt64) {
        guard socket != nil else { return }
        isWithinCall = true
        SCTPStack.advance(nowNs: nowNs)
        finish(nowNs: nowNs)
    }

    func send(
        _ bytes: UnsafeRawBufferPointer, stream: UInt16, ppid: UInt32, _ delivery: Delivery,
        nowNs: UInt64
    ) -> SendResult {
        guard let socket, isConnected else { return .full }
        SCTPStack.advance(nowNs: nowNs)
        isWithinCall = true
        defer { finish(nowNs: nowNs) }
        var info = sctp_sendv_spa()
        info.sendv_flags = UInt32(SCTP_SEND_SNDINFO_VALID)
        info.sendv_sndinfo.snd_sid = stream
        info.sendv_sndinfo.snd_flags = delivery.isOrdered ? 0 : UInt16(SCTP_UNORDERED)
        info.sendv_sndinfo.snd_ppid = ppid.bigEndian
        switch delivery.reliability {
        case .reliable: break
        case .retransmissions(let count):
            info.sendv_flags |= UInt32(SCTP_SEND_PRINFO_VALID)
            info.sendv_prinfo.pr_policy = UInt16(SCTP_PR_SCTP_RTX)
            info.sendv_prinfo.pr_value = count
        case .lifetimeMs(let ms):
            info.sendv_flags |= UInt32(SCTP_SEND_PRINFO_VALID)
            info.sendv_prinfo.pr_policy = UInt16(SCTP_PR_SCTP_TTL)
            info.sendv_prinfo.pr_value = ms
        }
        let count = usrsctp_sendv(
            socket, bytes.baseAddress, bytes.count, nil, 0, &info,
            socklen_t(MemoryLayout<sctp_sendv_spa>.size), UInt32(SCTP_SENDV_SPA), 0)
        if count == bytes.count { return .taken }
        return count < 0 && (errno == EAGAIN || errno == ENOBUFS) ? .full : .refused
    }

    /// Closes our direction of a stream.
    ///
    /// - Returns: false when another reset is under way: try again later.
    func reset(_ stream: UInt16, nowNs: UInt64) -> Bool {
        guard let socket, isConnected else { return false }
        SCTPStack.advance(nowNs: nowNs)
        isWithinCall = true
        defer { finish(nowNs: nowNs) }
        guard SCTPOptions(socket).reset(stream) else { return false }
        isResetting = true
        return true
    }

    /// Ends at once, telling the peer.
    func close(nowNs: UInt64) {
        guard socket != nil else { return }
        SCTPStack.advance(nowNs: nowNs)
        isWithinCall = true
        end(nil)
        isWithinCall = false
    }

    func nextEffect() -> Effect? { effects.isEmpty ? nil : effects.removeFirst() }

    // MARK: From usrsctp

    func leave(_ packet: UnsafeRawBufferPointer) { add(.send(Array(packet))) }

    private func arrive(
        _ data: UnsafeMutableRawPointer?, _ count: Int, _ info: sctp_rcvinfo, _ flags: CInt
    ) {
        guard let data else { return }
        let bytes = UnsafeRawBufferPointer(start: data, count: count)
        if flags & MSG_NOTIFICATION != 0 { return notify(bytes) }
        let stream = info.rcv_sid
        let before = pieces[stream]?.count ?? 0
        guard before + count <= maximumMessageBytes else {
            return fail("the peer's message is larger than \(maximumMessageBytes) bytes")
        }
        let isWhole = flags & CInt(MSG_EOR) != 0
        if isWhole, before == 0 {
            return add(
                .message(stream: stream, ppid: UInt32(bigEndian: info.rcv_ppid), Array(bytes)))
        }
        pieces[stream, default: []].append(contentsOf: bytes)
        if isWhole, let message = pieces.removeValue(forKey: stream) {
            add(.message(stream: stream, ppid: UInt32(bigEndian: info.rcv_ppid), message))
        }
    }

    private func notify(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 8 else { return }
        switch CInt(bytes.loadUnaligned(as: UInt16.self)) {
        case SCTP_ASSOC_CHANGE where bytes.count >= MemoryLayout<sctp_assoc_change>.size:
            changed(CInt(bytes.loadUnaligned(as: sctp_assoc_change.self).sac_state))
        case SCTP_STREAM_RESET_EVENT:
            let flags = CInt(bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
            if flags & SCTP_STREAM_RESET_OUTGOING_SSN != 0 { isResetting = false }
            guard flags & SCTP_STREAM_RESET_INCOMING_SSN != 0 else { return }
            let start = MemoryLayout<sctp_stream_reset_event>.size
            let streams = stride(from: start, to: bytes.count - 1, by: 2).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: UInt16.self)
            }
            add(.streamsReset(streams))
        default: break
        }
    }

    private func changed(_ state: CInt) {
        switch state {
        case SCTP_COMM_UP:
            isConnected = true
            add(.connected)
        case SCTP_RESTART: fail("the peer began the association anew")
        case SCTP_COMM_LOST: fail("the association with the peer is lost")
        case SCTP_SHUTDOWN_COMP: fail("the peer ended the association")
        case SCTP_CANT_STR_ASSOC: fail("the peer takes no association")
        default: break
        }
    }

    private func add(_ effect: Effect) {
        guard socket != nil else { return }
        effects.append(effect)
        if !isWithinCall { onEffect?() }
    }

    // MARK: The end

    private var pendingFault: DataChannelFault?

    /// Not at once: usrsctp is in the middle of its own.
    private func fail(_ reason: String) {
        pendingFault = pendingFault ?? DataChannelFault(reason)
        if !isWithinCall { onEffect?() }
    }

    private func finish(nowNs: UInt64) {
        isWithinCall = false
        if let fault = pendingFault { end(fault) }
        let isWaiting = isResetting || socket.map(SCTPOptions.init)?.isWaiting == true
        nextDueNs = socket != nil && isWaiting ? nowNs + Self.tickNs : nil
    }

    private func end(_ fault: DataChannelFault?) {
        guard let socket else { return }
        // Aborts, and tells the peer so by a last packet.
        usrsctp_close(socket)
        effects.append(.ended(fault))
        self.socket = nil
        nextDueNs = nil
        pieces = [:]
        SCTPStack.remove(id)
    }

    private func withAddress(
        _ address: inout sockaddr_conn,
        _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> CInt
    ) -> CInt {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_conn>.size))
            }
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
