/// What an audio section of ours says, and how it is written.
struct AudioPlan: Sendable, Hashable {
    struct Entry<Value: Sendable & Hashable>: Sendable, Hashable {
        var value: Value
        var payloadType: UInt8
    }

    var codecs: [Entry<AudioCodec>]
    /// By clock rate.
    var telephoneEvents: [Entry<UInt32>]
    var extensions: [HeaderExtension]
    var transportWideFeedback: Bool
    var negativeAcknowledgement: Bool
    var direction: Direction

    /// For an offer: everything that we can.
    init(offering local: LocalAudio, isSecure: Bool) {
        var nextFree: UInt8 = 96
        var codecs: [Entry<AudioCodec>] = []
        for codec in local.codecs where !codecs.contains(where: { $0.value == codec }) {
            let type: UInt8
            if codec == .opus {
                type = 111
            } else if let fixed = codec.fixedPayloadType {
                type = fixed
            } else {
                // 110 and up are taken below; no one speaks fourteen rates of L16.
                guard nextFree < 110 else { continue }
                type = nextFree
                nextFree += 1
            }
            codecs.append(Entry(value: codec, payloadType: type))
        }
        self.codecs = codecs
        telephoneEvents = []
        if local.telephoneEvents {
            // Beside each clock that events may have to share (RFC 4733, section 2.1).
            let rates = Set(codecs.map(\.value.clockRate))
            if rates.contains(48_000) {
                telephoneEvents.append(Entry(value: 48_000, payloadType: 110))
            }
            if rates.contains(8_000) {
                telephoneEvents.append(Entry(value: 8_000, payloadType: 126))
            }
        }
        transportWideFeedback = isSecure && local.transportWideFeedback
        negativeAcknowledgement = isSecure && local.negativeAcknowledgement
        direction = local.direction
        extensions = []
        if isSecure {
            if local.audioLevel { add(1, HeaderExtension.audioLevel) }
            if transportWideFeedback { add(2, HeaderExtension.transportSequenceNumber) }
            add(3, HeaderExtension.mid)
        }
    }

    private mutating func add(_ id: UInt16, _ uri: String) {
        extensions.append(HeaderExtension(id: id, uri: uri))
    }

    /// For an answer: what was agreed on.
    init(answering agreed: NegotiatedAudio) {
        codecs = agreed.codecs.map { Entry(value: $0.codec, payloadType: $0.receivePayloadType) }
        telephoneEvents = agreed.telephoneEvents.map {
            Entry(value: $0.clockRate, payloadType: $0.receivePayloadType)
        }
        transportWideFeedback = agreed.transportWideFeedback
        negativeAcknowledgement = agreed.negativeAcknowledgement
        direction = agreed.direction
        extensions = []
        if let id = agreed.audioLevelID { add(UInt16(id), HeaderExtension.audioLevel) }
        if let id = agreed.transportSequenceNumberID {
            add(UInt16(id), HeaderExtension.transportSequenceNumber)
        }
        if let id = agreed.midID { add(UInt16(id), HeaderExtension.mid) }
    }

    var formats: [String] {
        (codecs.map(\.payloadType) + telephoneEvents.map(\.payloadType)).map { "\($0)" }
    }

    /// Everything but the transport.
    func attributes(_ local: LocalAudio, isSecure: Bool) -> [Attribute] {
        var attributes: [Attribute] = []
        for codec in codecs {
            attributes.append(.rtpMap(codec.value.map(codec.payloadType)))
            attributes += feedback(codec.payloadType)
            if codec.value == .opus, !local.opus.text.isEmpty {
                attributes.append(
                    .formatParameters(format: "\(codec.payloadType)", text: local.opus.text))
            }
        }
        for event in telephoneEvents {
            attributes.append(
                .rtpMap(
                    RTPMap(
                        payloadType: event.payloadType, encoding: "telephone-event",
                        clockRate: event.value)))
            attributes.append(
                .formatParameters(
                    format: "\(event.payloadType)", text: TelephoneEventParameters().text))
        }
        attributes.append(.packetTime(local.packetTimeMs))
        if let maximum = local.maximumPacketTimeMs {
            attributes.append(.maximumPacketTime(maximum))
        }
        attributes += extensions.map(Attribute.headerExtension)
        attributes.append(.direction(direction))
        if isSecure, direction.sends {
            attributes.append(.mediaStream(stream: "parley", track: "parley-audio"))
            attributes.append(
                .source(ssrc: local.ssrc, name: "cname", value: local.canonicalName))
        }
        return attributes
    }

    private func feedback(_ payloadType: UInt8) -> [Attribute] {
        var kinds: [String] = []
        if transportWideFeedback { kinds.append("transport-cc") }
        if negativeAcknowledgement { kinds.append("nack") }
        return kinds.map { .feedback(payloadType: payloadType, kind: $0) }
    }
}
