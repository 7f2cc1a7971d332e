import ParleyTransport
import SDP

extension AudioStream.Settings {
    /// What a description agreed on.
    ///
    /// - Parameters:
    ///   - ssrc: as our description announced it.
    ///   - canonicalName: likewise.
    /// - Returns: nil when nothing of it is a codec of the daemon's.
    init?(_ audio: NegotiatedAudio, ssrc: UInt32, canonicalName: String) {
        var receiving: [UInt8: AudioMapping] = [:]
        for codec in audio.codecs {
            guard let format = codec.codec.format else { continue }
            receiving[codec.receivePayloadType] = AudioMapping(
                format, payloadType: codec.receivePayloadType)
        }
        guard let first = audio.codecs.first(where: { $0.codec.format != nil }),
            let format = first.codec.format
        else { return nil }
        let keys = audio.telephoneEvents.first { Int($0.clockRate) == format.rateHz }
        self.init(
            sending: AudioMapping(format, payloadType: first.sendPayloadType),
            receiving: receiving,
            telephoneEvent: keys.map {
                TelephoneEventMapping(
                    sendPayloadType: $0.sendPayloadType,
                    receivePayloadType: $0.receivePayloadType, rateHz: Int($0.clockRate))
            }, canonicalName: canonicalName,
            transportSequenceID: audio.transportWideFeedback
                ? audio.transportSequenceNumberID : nil,
            ssrc: ssrc, sends: audio.direction.sends)
    }
}

extension AudioCodec {
    /// nil for a codec that the daemon does not have.
    fileprivate var format: AudioFormat? {
        switch self {
        case .opus: .opus
        case .pcmu: .pcmu
        case .pcma: .pcma
        case .l16(let rateHz):
            AudioFormat(codec: AudioFormat.Codec.pcmS16LE.rawValue, rateHz: rateHz)
        }
    }
}
