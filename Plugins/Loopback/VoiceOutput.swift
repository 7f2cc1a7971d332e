import ParleyTransport

/// Turns pieces of the fake peer's speech into frames.
struct VoiceOutput: ~Copyable {
    private var coder: SoundCoder
    private let isPacket: Bool
    private var sequence: UInt32 = 0
    private var timestamp: UInt64 = 0

    init(_ options: LoopbackOptions) throws(TransportError) {
        coder = try SoundCoder(options.format)
        isPacket = options.packets
    }

    /// Real-time packets take the numbers of the peer's one stream, and with it its impairments;
    /// everything else is delivered as it is made.
    mutating func speak(
        _ speech: Conversation.Speech, over path: inout EchoPath, nowNs: UInt64,
        emit: EchoPath.Emit
    ) {
        var flags: AudioHeader.Flags = speech.isLast ? .endOfItem : []
        if isPacket && speech.firstSample == 0 { flags.insert(.marker) }
        let header = AudioHeader(
            format: coder.format, flags: flags, sampleCount: speech.sampleCount,
            sequence: sequence, timestamp: timestamp, itemID: speech.itemID)
        let (rateHz, isPacket) = (coder.format.rateHz, isPacket)
        try? coder.encode(
            count: speech.sampleCount,
            sound: { VoiceSound.sample(speech.firstSample + $0, rateHz: rateHz) }
        ) { bytes in
            if isPacket {
                path.sendOwn(header, bytes, nowNs: nowNs, emit: emit)
            } else {
                emit(header, bytes)
            }
        }
        sequence &+= 1
        timestamp &+= UInt64(speech.sampleCount)
    }
}
