/// Finds what two audio sections have in common.
struct AudioNegotiation {
    var local: LocalAudio
    /// The section that we offered; nil when the peer's is the offer.
    var offered: AudioPlan?
    var isSecure: Bool

    func agree(with remote: MediaSection, direction: Direction) throws(NegotiationFault)
        -> NegotiatedAudio
    {
        let maps = remote.rtpMaps
        let codecs = try codecs(maps, remote)
        let extensions = extensions(remote)
        let first = codecs[0]
        let hasFeedback = { (kind: String) in
            remote.wantsFeedback(kind, for: first.sendPayloadType)
        }
        let source = remote.sources.first
        return NegotiatedAudio(
            mid: remote.mid, codecs: codecs,
            telephoneEvents: telephoneEvents(maps, remote, clockRate: first.codec.clockRate),
            direction: Direction(
                sends: local.direction.sends && direction.receives,
                receives: local.direction.receives && direction.sends),
            packetTimeMs: packetTime(remote, first.codec),
            remoteSSRC: source?.ssrc, remoteCanonicalName: source?.canonicalName,
            audioLevelID: local.audioLevel ? extensions[HeaderExtension.audioLevel] : nil,
            midID: extensions[HeaderExtension.mid],
            transportSequenceNumberID: local.transportWideFeedback
                ? extensions[HeaderExtension.transportSequenceNumber] : nil,
            transportWideFeedback: isSecure && local.transportWideFeedback
                && hasFeedback("transport-cc"),
            negativeAcknowledgement: isSecure && local.negativeAcknowledgement
                && hasFeedback("nack"),
            reducedSizeRTCP: remote.allowsReducedSizeRTCP)
    }

    // MARK: Codecs

    /// Of an offer the one that we like best; of an answer all that it took, the peer's first first
    /// (RFC 3264, section 7).
    private func codecs(
        _ maps: [RTPMap], _ remote: MediaSection
    ) throws(NegotiationFault) -> [NegotiatedCodec] {
        let theirs = maps.compactMap { map in AudioCodec(map).map { ($0, map.payloadType) } }
        var agreed: [NegotiatedCodec] = []
        if let offered {
            for (codec, type) in theirs {
                guard let ours = offered.codecs.first(where: { $0.value == codec }),
                    !agreed.contains(where: { $0.codec == codec })
                else { continue }
                agreed.append(
                    negotiated(codec, send: type, receive: ours.payloadType, remote))
            }
        } else {
            for codec in local.codecs {
                guard let (_, type) = theirs.first(where: { $0.0 == codec }) else { continue }
                agreed.append(negotiated(codec, send: type, receive: type, remote))
                break
            }
        }
        guard agreed.isEmpty else { return agreed }
        let names = maps.map { "\($0.encoding)/\($0.clockRate)" }.prefix(8)
        let said = names.isEmpty ? "no codec at all" : names.joined(separator: ", ")
        let wanted = local.codecs.map { "\($0.encoding)/\($0.clockRate)" }
        throw NegotiationFault(
            .noCommonCodec,
            "No codec in common: the peer has \(said), we take \(wanted.joined(separator: ", ")).")
    }

    private func negotiated(
        _ codec: AudioCodec, send: UInt8, receive: UInt8, _ remote: MediaSection
    ) -> NegotiatedCodec {
        NegotiatedCodec(
            codec: codec, sendPayloadType: send, receivePayloadType: receive,
            remoteOpus: codec == .opus
                ? OpusParameters(parsing: remote.formatParameters(send)) : nil)
    }

    private func telephoneEvents(
        _ maps: [RTPMap], _ remote: MediaSection, clockRate: UInt32
    ) -> [NegotiatedTelephoneEvent] {
        guard local.telephoneEvents else { return [] }
        var agreed: [NegotiatedTelephoneEvent] = []
        for map in maps where map.encoding.lowercased() == "telephone-event" {
            var receive = map.payloadType
            if let offered {
                guard let ours = offered.telephoneEvents.first(where: { $0.value == map.clockRate })
                else { continue }
                receive = ours.payloadType
            }
            guard !agreed.contains(where: { $0.clockRate == map.clockRate }) else { continue }
            let text = remote.formatParameters(map.payloadType)
            agreed.append(
                NegotiatedTelephoneEvent(
                    clockRate: map.clockRate, sendPayloadType: map.payloadType,
                    receivePayloadType: receive,
                    remoteEvents: text.isEmpty
                        ? TelephoneEventParameters() : TelephoneEventParameters(parsing: text)))
        }
        // Ours to answer with: the one of the codec's clock, if there is one.
        guard offered == nil else { return agreed }
        let fitting = agreed.filter { $0.clockRate == clockRate }
        return fitting.isEmpty ? Array(agreed.prefix(1)) : fitting
    }

    // MARK: Time

    /// What the peer wants, as far as we can, and no more than it takes.
    private func packetTime(_ remote: MediaSection, _ codec: AudioCodec) -> Int {
        var limit = remote.packetTime ?? local.packetTimeMs
        if let maximum = remote.maximumPacketTime { limit = min(limit, maximum) }
        if codec == .opus {
            let opus = OpusParameters(
                parsing: remote.formatParameters(
                    remote.rtpMaps.first { AudioCodec($0) == .opus }?.payloadType ?? 0))
            if let minimum = opus.minPacketTimeMs { limit = max(limit, minimum) }
            if let maximum = opus.maxPacketTimeMs { limit = min(limit, maximum) }
        }
        let possible = local.packetTimesMs
        return possible.filter { $0 <= limit }.max() ?? possible.min() ?? local.packetTimeMs
    }

    // MARK: Header extensions

    /// The ids of those that we know, in the range of the one-byte form, each id once.
    private func extensions(_ remote: MediaSection) -> [String: UInt8] {
        guard isSecure else { return [:] }
        let known = [
            HeaderExtension.audioLevel, HeaderExtension.mid,
            HeaderExtension.transportSequenceNumber,
        ]
        var agreed: [String: UInt8] = [:]
        for header in remote.headerExtensions {
            guard known.contains(header.uri), (1...14).contains(header.id),
                agreed[header.uri] == nil, !agreed.values.contains(UInt8(header.id))
            else { continue }
            if let offered {
                let isOurs = offered.extensions.contains {
                    $0.uri == header.uri && $0.id == header.id
                }
                guard isOurs else { continue }
            }
            agreed[header.uri] = UInt8(header.id)
        }
        return agreed
    }
}
