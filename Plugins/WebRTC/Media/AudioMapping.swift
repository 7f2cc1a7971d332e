import ParleyTransport

/// How the audio of a call is carried: the daemon's format, and what RTP calls it.
struct AudioMapping: Hashable {
    /// As the daemon has it.
    let format: AudioFormat
    let payloadType: UInt8
    /// Linear samples in network order (RFC 3551, section 4.5.11), which the daemon has the other way.
    let isL16: Bool

    /// Of RTP timestamps; for all of these codecs that of the samples.
    var rateHz: Int { format.rateHz }

    init(_ format: AudioFormat, payloadType: UInt8) {
        self.format = format
        self.payloadType = payloadType
        isL16 = format.codec == .pcmS16LE
    }
}

/// Telephone keys as a payload of their own (RFC 4733).
struct TelephoneEventMapping: Hashable {
    let sendPayloadType: UInt8
    let receivePayloadType: UInt8
    let rateHz: Int
}
