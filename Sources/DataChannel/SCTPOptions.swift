import CUsrsctp
import Glibc

/// The socket options of an association.
struct SCTPOptions {
    private let socket: OpaquePointer

    init(_ socket: OpaquePointer) { self.socket = socket }

    /// All that an association needs before it connects.
    func set(streams: UInt16, pathMTU: UInt32, bufferBytes: Int) {
        usrsctp_set_non_blocking(socket, 1)
        // Closing aborts.
        set(SOL_SOCKET, SO_LINGER, linger(l_onoff: 1, l_linger: 0))
        set(SOL_SOCKET, SO_SNDBUF, CInt(clamping: bufferBytes))
        set(SOL_SOCKET, SO_RCVBUF, CInt(clamping: bufferBytes))
        set(SCTP_NODELAY, CInt(1))
        for event in [SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT] {
            set(
                SCTP_EVENT,
                sctp_event(
                    se_assoc_id: UInt32(SCTP_ALL_ASSOC), se_type: UInt16(event), se_on: 1))
        }
        set(
            SCTP_ENABLE_STREAM_RESET,
            sctp_assoc_value(
                assoc_id: UInt32(SCTP_ALL_ASSOC),
                assoc_value: UInt32(SCTP_ENABLE_RESET_STREAM_REQ)))
        set(
            SCTP_INITMSG,
            sctp_initmsg(
                sinit_num_ostreams: streams, sinit_max_instreams: streams, sinit_max_attempts: 8,
                sinit_max_init_timeo: 3_000))
        set(
            SCTP_RTOINFO,
            sctp_rtoinfo(srto_assoc_id: 0, srto_initial: 1_000, srto_max: 10_000, srto_min: 400))
        // Every packet is acknowledged at once, which spares a timer. ICE watches the path, so
        // heartbeats do not; its MTU is known.
        set(SCTP_DELAYED_SACK, sctp_sack_info(sack_assoc_id: 0, sack_delay: 0, sack_freq: 1))
        var path = sctp_paddrparams()
        path.spp_address.ss_family = sa_family_t(AF_CONN)
        path.spp_flags = UInt32(SPP_HB_DISABLE | SPP_PMTUD_DISABLE)
        path.spp_pathmtu = pathMTU
        set(SCTP_PEER_ADDR_PARAMS, path)
    }

    /// Whether a timer of the association may be running: it is not up yet, or something of ours is not
    /// acknowledged.
    var isWaiting: Bool {
        var status = sctp_status()
        var size = socklen_t(MemoryLayout<sctp_status>.size)
        guard usrsctp_getsockopt(socket, CInt(IPPROTO_SCTP), SCTP_STATUS, &status, &size) == 0
        else { return true }
        return status.sstat_state != SCTP_ESTABLISHED || status.sstat_unackdata > 0
            || status.sstat_penddata > 0
    }

    func reset(_ stream: UInt16) -> Bool {
        var request: [UInt16] = [0, 0, UInt16(SCTP_STREAM_RESET_OUTGOING), 1, stream]
        return usrsctp_setsockopt(
            socket, CInt(IPPROTO_SCTP), SCTP_RESET_STREAMS, &request, socklen_t(request.count * 2))
            == 0
    }

    private func set<Value>(_ option: CInt, _ value: Value) {
        set(CInt(IPPROTO_SCTP), option, value)
    }

    /// None of these can fail on a socket that is right.
    private func set<Value>(_ level: CInt, _ option: CInt, _ value: Value) {
        withUnsafeBytes(of: value) {
            let code = usrsctp_setsockopt(
                socket, level, option, $0.baseAddress, socklen_t($0.count))
            assert(code == 0, "option \(option) of SCTP: \(errno)")
        }
    }
}
