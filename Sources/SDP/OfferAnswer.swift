/// Makes offers and answers and finds out what came of them (RFC 3264; RFC 9429 for one audio section and
/// one data channel). A value: no socket, no clock, no randomness.
///
/// One side calls ``makeOffer()`` and then ``apply(answer:)``, the other ``makeAnswer(to:)``. Both may be
/// repeated in the call, with ``local`` changed meanwhile: that is how ICE restarts and how a direction
/// changes. The sections stay where they are.
public struct OfferAnswer: Sendable {
    /// What our sections are for; kept over the call, because sections can't move or vanish.
    struct Slot: Sendable, Hashable {
        enum Use: Sendable, Hashable {
            case audio
            case dataChannel
            case nothing
        }

        var use: Use
        var mid: String?
        var kind: String
        var protocolName: String
        var formats: [String]
    }

    public var local: LocalSession
    private(set) var slots: [Slot] = []
    private var version: UInt64 = 0
    private var pendingOffer: AudioPlan?
    private(set) var negotiated: NegotiatedSession?

    public init(local: LocalSession) { self.local = local }

    var isSecure: Bool { if case .secure = local.transport { true } else { false } }

    // MARK: Our offer

    public mutating func makeOffer() -> SessionDescription {
        if slots.isEmpty { slots = firstSlots() }
        let plan = AudioPlan(offering: local.audio, isSecure: isSecure)
        pendingOffer = plan
        var setup = SetupRole.activeOrPassive
        // In the call the roles stay, for there is one association (RFC 8842, section 5.5).
        if case .secure(let transport) = negotiated?.transport {
            setup = transport.role == .client ? .active : .passive
        }
        return description(plan, setup: setup, bundles: true)
    }

    private func firstSlots() -> [Slot] {
        var slots = [
            Slot(
                use: .audio, mid: isSecure ? "0" : nil, kind: MediaSection.audio, protocolName: "",
                formats: [])
        ]
        if isSecure, local.dataChannel != nil {
            slots.append(
                Slot(
                    use: .dataChannel, mid: "1", kind: MediaSection.application, protocolName: "",
                    formats: []))
        }
        switch local.transport {
        case .secure:
            slots[0].protocolName = "UDP/TLS/RTP/SAVPF"
            if slots.count > 1 {
                slots[1].protocolName = "UDP/DTLS/SCTP"
                slots[1].formats = ["webrtc-datachannel"]
            }
        case .plain(let plain): slots[0].protocolName = PlainNegotiation.protocolName(plain)
        }
        return slots
    }

    /// - Throws: why the answer leads to no call; the offer is then still to be answered.
    public mutating func apply(
        answer: SessionDescription
    ) throws(NegotiationFault) -> NegotiatedSession {
        guard let offered = pendingOffer else {
            throw NegotiationFault(.noOffer, "There is an answer, but no offer that waits for one.")
        }
        try checkFits(answer)
        guard let index = slots.firstIndex(where: { $0.use == .audio }) else {
            throw NegotiationFault(.noAudio, "The call has no audio section.")
        }
        let section = answer.sections[index]
        guard !section.isRejected else {
            throw NegotiationFault(.noAudio, "The peer's answer rejects the audio (port 0).")
        }
        let result = try agree(answer, index, offered: offered)
        pendingOffer = nil
        negotiated = result
        return result
    }

    private func checkFits(_ answer: SessionDescription) throws(NegotiationFault) {
        guard answer.sections.count == slots.count else {
            throw NegotiationFault(
                .mismatch,
                "The peer's answer has \(answer.sections.count) sections, our offer \(slots.count)."
            )
        }
        for (place, (slot, section)) in zip(slots, answer.sections).enumerated() {
            guard section.kind == slot.kind else {
                throw NegotiationFault(
                    .mismatch,
                    "Section \(place + 1) of the peer's answer is \(section.kind), "
                        + "that of our offer \(slot.kind).")
            }
            if let mid = section.mid, let ours = slot.mid, mid != ours {
                throw NegotiationFault(
                    .mismatch,
                    "Section \(place + 1) of the peer's answer has the mid \(mid), "
                        + "that of our offer \(ours).")
            }
        }
    }

    // MARK: The peer's offer

    /// - Throws: why there can be no call. Nothing has changed then.
    public mutating func makeAnswer(
        to offer: SessionDescription
    ) throws(NegotiationFault) -> (answer: SessionDescription, session: NegotiatedSession) {
        let (index, session) = try firstUsable(offer)
        let dataIndex = session.dataChannel == nil ? nil : dataSection(offer, beside: index)
        slots = offer.sections.enumerated().map { place, section in
            Slot(
                use: place == index ? .audio : place == dataIndex ? .dataChannel : .nothing,
                mid: section.mid, kind: section.kind, protocolName: section.protocolName,
                formats: section.formats)
        }
        var setup = SetupRole.active
        if case .secure(let transport) = session.transport {
            setup = transport.role == .client ? .active : .passive
        }
        negotiated = session
        pendingOffer = nil
        let bundles = offer.sections[index].mid.flatMap { offer.bundle(with: $0) } != nil
        let plan = AudioPlan(answering: session.audio)
        let answer = description(plan, setup: setup, bundles: bundles, answering: session)
        return (answer, session)
    }

    private func firstUsable(
        _ offer: SessionDescription
    ) throws(NegotiationFault) -> (Int, NegotiatedSession) {
        var fault: NegotiationFault?
        for (index, section) in offer.sections.enumerated()
        where section.kind == MediaSection.audio && !section.isRejected {
            do throws(NegotiationFault) {
                return (index, try agree(offer, index, offered: nil))
            } catch {
                fault = fault ?? error
            }
        }
        if let fault { throw fault }
        let hasAudio = offer.sections.contains { $0.kind == MediaSection.audio }
        throw NegotiationFault(
            .noAudio,
            hasAudio
                ? "The peer's offer has audio, but rejects it (port 0)."
                : "The peer's offer has no audio section.")
    }

    // MARK: Both

    /// - Parameters:
    ///   - index: of the audio section.
    ///   - offered: our audio when `remote` is the answer to it.
    private func agree(
        _ remote: SessionDescription, _ index: Int, offered: AudioPlan?
    ) throws(NegotiationFault) -> NegotiatedSession {
        let section = remote.sections[index]
        try checkProtocol(section)
        var direction = section.direction ?? remote.direction ?? .sendReceive
        let transport: NegotiatedSession.Transport
        switch local.transport {
        case .secure(let secure):
            guard section.multiplexesRTCP else {
                throw NegotiationFault(
                    .unusableTransport,
                    "The peer does not multiplex RTP and RTCP (rtcp-mux), which a call needs.")
            }
            transport = .secure(
                try SecureNegotiation.read(
                    remote, section: index, isAnswer: offered != nil, local: secure))
        case .plain(let plain):
            let read = try PlainNegotiation.read(
                remote, section: section, local: plain, isAnswer: offered != nil)
            // Hold as RFC 2543 had it: the address of nobody.
            if (section.connection ?? remote.connection)?.isUnspecified == true {
                direction = Direction(sends: direction.sends, receives: false)
            }
            transport = .plain(read)
        }
        let audio = try AudioNegotiation(
            local: local.audio, offered: offered, isSecure: isSecure
        ).agree(with: section, direction: direction)
        return NegotiatedSession(
            transport: transport, audio: audio,
            dataChannel: dataChannel(remote, beside: index, isAnswer: offered != nil))
    }

    private func checkProtocol(_ section: MediaSection) throws(NegotiationFault) {
        let isKnown =
            isSecure
            ? SecureNegotiation.isProtocol(section.protocolName)
            : PlainNegotiation.isProtocol(section.protocolName)
        guard !isKnown else { return }
        throw NegotiationFault(
            .unusableTransport,
            "The peer's audio goes over \(section.protocolName); we take "
                + (isSecure ? "UDP/TLS/RTP/SAVPF." : "RTP/AVP and RTP/SAVP."))
    }

    private func dataChannel(
        _ remote: SessionDescription, beside index: Int, isAnswer: Bool
    ) -> NegotiatedDataChannel? {
        guard isSecure, let local = local.dataChannel,
            let place = isAnswer
                ? slots.firstIndex(where: { $0.use == .dataChannel })
                : dataSection(remote, beside: index)
        else { return nil }
        let section = remote.sections[place]
        guard !section.isRejected, isBundled(remote, index, place),
            let port = section.dataChannelPort
        else { return nil }
        return NegotiatedDataChannel(
            mid: section.mid, localPort: local.port, remotePort: port,
            remoteMaximumMessageSize: section.maximumMessageSize)
    }

    /// Of an offer: the first that we can take, which is one that shares the audio's transport.
    private func dataSection(_ offer: SessionDescription, beside index: Int) -> Int? {
        offer.sections.indices.first { place in
            let section = offer.sections[place]
            return section.kind == MediaSection.application && !section.isRejected
                && SecureNegotiation.isDataProtocol(section.protocolName)
                && section.dataChannelPort != nil && isBundled(offer, index, place)
        }
    }

    private func isBundled(_ description: SessionDescription, _ one: Int, _ other: Int) -> Bool {
        guard let first = description.sections[one].mid,
            let second = description.sections[other].mid
        else { return false }
        return description.bundle(with: first)?.contains(second) ?? false
    }

    private mutating func description(
        _ plan: AudioPlan, setup: SetupRole, bundles: Bool, answering: NegotiatedSession? = nil
    ) -> SessionDescription {
        version += 1
        return DescriptionWriter(
            local: local, plan: plan, setup: setup, bundles: bundles, answering: answering
        ).description(slots, version: version)
    }
}
