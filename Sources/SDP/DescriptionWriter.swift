/// Writes our descriptions from what was planned or agreed on.
struct DescriptionWriter {
    var local: LocalSession
    var plan: AudioPlan
    var setup: SetupRole
    var bundles: Bool
    /// Nil for an offer.
    var answering: NegotiatedSession?

    func description(_ slots: [OfferAnswer.Slot], version: UInt64) -> SessionDescription {
        var attributes: [Attribute] = []
        var connection: ConnectionAddress?
        var origin = ConnectionAddress(isIPv6: false, address: "127.0.0.1")
        switch local.transport {
        case .secure(let secure):
            let mids = slots.filter { $0.use != .nothing }.compactMap(\.mid)
            if bundles, !mids.isEmpty {
                attributes.append(.group(semantics: "BUNDLE", mids: mids))
            }
            if secure.trickles { attributes.append(.iceOptions(["trickle"])) }
        case .plain(let plain):
            origin = ConnectionAddress(numeric: plain.address)
            connection = origin
        }
        let carrier = slots.firstIndex { $0.use != .nothing }
        return SessionDescription(
            origin: Origin(
                sessionID: "\(local.sessionID)", version: "\(version)", address: origin),
            connection: connection, attributes: attributes,
            sections: slots.enumerated().map { section($1, carriesBundle: $0 == carrier) })
    }

    private func section(_ slot: OfferAnswer.Slot, carriesBundle: Bool) -> MediaSection {
        switch (slot.use, local.transport) {
        case (.audio, .secure(let secure)): secureAudio(slot, secure, carriesBundle)
        case (.audio, .plain(let plain)): plainAudio(slot, plain)
        case (.dataChannel, .secure(let secure)): dataChannel(slot, secure, carriesBundle)
        case (.nothing, _), (.dataChannel, .plain): rejected(slot)
        }
    }

    private func rejected(_ slot: OfferAnswer.Slot) -> MediaSection {
        MediaSection(
            kind: slot.kind, port: 0, protocolName: slot.protocolName, formats: slot.formats,
            connection: .unspecified,
            attributes: (slot.mid.map { [.mid($0)] } ?? []) + [.direction(.inactive)])
    }

    private func secureAudio(
        _ slot: OfferAnswer.Slot, _ secure: LocalSecureTransport, _ carriesBundle: Bool
    ) -> MediaSection {
        let (address, port) = SecureNegotiation.defaultAddress(secure)
        var attributes: [Attribute] = slot.mid.map { [.mid($0)] } ?? []
        attributes += SecureNegotiation.attributes(
            secure, setup: setup, carriesBundle: carriesBundle)
        attributes.append(.rtcpMux)
        if answering?.audio.reducedSizeRTCP ?? true { attributes.append(.rtcpReducedSize) }
        attributes += plan.attributes(local.audio, isSecure: true)
        return MediaSection(
            kind: slot.kind, port: port, protocolName: slot.protocolName, formats: plan.formats,
            connection: address, attributes: attributes)
    }

    private func plainAudio(
        _ slot: OfferAnswer.Slot, _ plain: LocalPlainTransport
    ) -> MediaSection {
        var cryptos = plain.cryptos
        var multiplexes = plain.multiplexesRTCP
        if case .plain(let agreed) = answering?.transport {
            cryptos = agreed.keys.map { [$0.sending] } ?? []
            multiplexes = agreed.multiplexesRTCP
        }
        return MediaSection(
            kind: slot.kind, port: plain.port, protocolName: slot.protocolName,
            formats: plan.formats,
            attributes: PlainNegotiation.attributes(
                plain, cryptos: cryptos, multiplexesRTCP: multiplexes)
                + plan.attributes(local.audio, isSecure: false))
    }

    private func dataChannel(
        _ slot: OfferAnswer.Slot, _ secure: LocalSecureTransport, _ carriesBundle: Bool
    ) -> MediaSection {
        let (address, port) = SecureNegotiation.defaultAddress(secure)
        let options = local.dataChannel ?? LocalDataChannel()
        var formats = slot.formats
        var attributes: [Attribute] = slot.mid.map { [.mid($0)] } ?? []
        attributes += SecureNegotiation.attributes(
            secure, setup: setup, carriesBundle: carriesBundle)
        if formats == ["webrtc-datachannel"] {
            attributes.append(.sctpPort(options.port))
        } else {
            // The draft before RFC 8841, as the peer speaks it.
            formats = ["\(options.port)"]
            attributes.append(
                .other(name: "sctpmap", value: "\(options.port) webrtc-datachannel 65535"))
        }
        attributes.append(.maximumMessageSize(options.maximumMessageSize))
        return MediaSection(
            kind: slot.kind, port: port, protocolName: slot.protocolName, formats: formats,
            connection: address, attributes: attributes)
    }
}
