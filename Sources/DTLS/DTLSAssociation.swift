import COpenSSL

/// One DTLS association over a transport that somebody else has: handshake, SRTP keys, application data
/// (RFC 6347, RFC 5764). No socket inside: datagrams go in by ``receive(_:nowNs:)`` and come out of
/// ``nextEffect()``, which is to be asked after every call until it gives nil.
///
/// Nothing of the peer is believed before its certificate has matched the fingerprint that signalling
/// brought: until then there are no keys and no data. What is no valid record is dropped without a word.
/// [one thread]
public final class DTLSAssociation {
    public enum Role: Sendable, Hashable {
        /// Speaks first: `a=setup:active`.
        case client
        /// `a=setup:passive`
        case server
    }

    public enum Effect {
        /// A datagram for the peer.
        case send([UInt8])
        /// The handshake is done and the certificate is the right one; ``takeKeyingMaterial()`` has keys.
        case established(SRTPProfile)
        /// Application data, one record each.
        case data([UInt8])
        /// The peer said goodbye.
        case closed
        /// The end; nothing follows.
        case failed(DTLSFault)
    }

    private enum State { case new, handshaking, established, over }

    /// Bytes of a datagram, so that it passes every path of the Internet together with IP, UDP and TURN.
    public static var mtu: Int { 1_200 }
    /// Largest application data of one record.
    public static var maximumRecordBytes: Int { 16_384 }

    private let ssl: OpaquePointer
    private let context: DTLSContext
    private let bio = DatagramBIO()
    private let role: Role
    private let expected: [Fingerprint]
    private var state = State.new
    private var effects: [Effect] = []
    private var keys: SRTPKeyingMaterial?
    /// When the handshake's timer is due.
    public private(set) var nextDueNs: UInt64?

    deinit { SSL_free(ssl) }

    /// - Parameter fingerprints: of the peer's description; its certificate must match one.
    public init(
        _ role: Role, context: DTLSContext, fingerprints: [Fingerprint]
    ) throws(DTLSFault) {
        guard let ssl = SSL_new(context.raw) else {
            throw DTLSFault(.configuration, "no DTLS association: \(DTLSContext.reason())")
        }
        self.ssl = ssl
        self.context = context
        self.role = role
        expected = fingerprints
        guard let input = bio.makeBIO() else {
            throw DTLSFault(.configuration, "no DTLS association: \(DTLSContext.reason())")
        }
        // One BIO for both ways: OpenSSL takes the reference once.
        SSL_set_bio(ssl, input, input)
        parley_ssl_set_mtu(ssl, Self.mtu)
        switch role {
        case .client: SSL_set_connect_state(ssl)
        case .server: SSL_set_accept_state(ssl)
        }
    }

    /// Begins: a client sends its hello, a server waits.
    public func start(nowNs: UInt64) {
        guard state == .new else { return }
        state = .handshaking
        handshake(nowNs: nowNs)
    }

    public func receive(_ datagram: UnsafeRawBufferPointer, nowNs: UInt64) {
        guard state == .handshaking || state == .established, !datagram.isEmpty else { return }
        bio.incoming = datagram
        defer { bio.incoming = nil }
        if state == .handshaking { handshake(nowNs: nowNs) }
        if state == .established { read() }
        collect()
    }

    /// To be called when ``nextDueNs`` is reached: says again what was lost.
    public func advance(nowNs: UInt64) {
        guard state == .handshaking, let due = nextDueNs, nowNs >= due else { return }
        // OpenSSL has a clock of its own, which may not be quite there yet; then nothing happens.
        if parley_dtls_handle_timeout(ssl) < 0 {
            fail(DTLSFault(.handshake, "the peer does not answer the DTLS handshake"))
        }
        collect()
        arm(nowNs: nowNs)
    }

    /// Sends application data in one record, at most ``maximumRecordBytes``.
    ///
    /// - Returns: whether it went out; false before the handshake is done.
    @discardableResult
    public func send(_ data: UnsafeRawBufferPointer) -> Bool {
        guard state == .established, let base = data.baseAddress,
            (1...Self.maximumRecordBytes).contains(data.count)
        else { return false }
        let count = SSL_write(ssl, base, CInt(data.count))
        collect()
        return count == CInt(data.count)
    }

    /// Says goodbye, once.
    public func close() {
        guard state != .over else { return }
        if state == .established { SSL_shutdown(ssl) }
        collect()
        end()
    }

    /// The keys of the handshake; the second caller gets none.
    public func takeKeyingMaterial() -> SRTPKeyingMaterial? { keys.take() }

    public func nextEffect() -> Effect? { effects.isEmpty ? nil : effects.removeFirst() }

    // MARK: Handshake

    private func handshake(nowNs: UInt64) {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        let code = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result)
        collect()
        switch code {
        case SSL_ERROR_NONE: establish()
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: arm(nowNs: nowNs)
        default:
            fail(DTLSFault(.handshake, "the DTLS handshake failed: \(DTLSContext.reason())"))
        }
    }

    private func establish() {
        nextDueNs = nil
        guard isPeerExpected() else {
            return fail(
                DTLSFault(
                    .fingerprint,
                    "the peer's certificate does not match the fingerprint of its description"))
        }
        guard let chosen = SSL_get_selected_srtp_profile(ssl),
            let profile = SRTPProfile(rawValue: chosen.pointee.id),
            let keys = SRTPKeyingMaterial(
                profile, isClient: role == .client, fill: exportKeys)
        else {
            return fail(DTLSFault(.profile, "the peer agreed to no profile of SRTP that is known"))
        }
        self.keys = consume keys
        state = .established
        effects.append(.established(profile))
    }

    private func isPeerExpected() -> Bool {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return false }
        defer { X509_free(certificate) }
        return expected.contains {
            Fingerprint($0.algorithm, of: certificate) == $0
        }
    }

    private func exportKeys(_ room: UnsafeMutableRawBufferPointer) -> Bool {
        let label = "EXTRACTOR-dtls_srtp"
        return SSL_export_keying_material(
            ssl, room.baseAddress?.assumingMemoryBound(to: UInt8.self), room.count, label,
            label.utf8.count, nil, 0, 0) == 1
    }

    private func arm(nowNs: UInt64) {
        var left = timeval()
        guard state == .handshaking, parley_dtls_timeout(ssl, &left) != 0 else {
            nextDueNs = nil
            return
        }
        // A millisecond late rather than a moment early, by the other clock.
        let leftNs = UInt64(left.tv_sec) * 1_000_000_000 + UInt64(left.tv_usec) * 1_000
        nextDueNs = nowNs + leftNs + 1_000_000
    }

    // MARK: Data

    private func read() {
        withUnsafeTemporaryAllocation(byteCount: Self.maximumRecordBytes, alignment: 16) { room in
            while state == .established {
                ERR_clear_error()
                let count = SSL_read(ssl, room.baseAddress, CInt(room.count))
                if count > 0 {
                    effects.append(.data(Array(UnsafeRawBufferPointer(room)[..<Int(count)])))
                    continue
                }
                switch SSL_get_error(ssl, count) {
                case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
                case SSL_ERROR_ZERO_RETURN:
                    effects.append(.closed)
                    return end()
                default:
                    return fail(
                        DTLSFault(.alert, "the peer ended DTLS: \(DTLSContext.reason())"))
                }
            }
        }
    }

    private func collect() {
        while let datagram = bio.takeOutgoing() { effects.append(.send(datagram)) }
    }

    // MARK: The end

    private func fail(_ fault: DTLSFault) {
        collect()
        effects.append(.failed(fault))
        end()
    }

    private func end() {
        state = .over
        nextDueNs = nil
        keys = nil
    }
}
