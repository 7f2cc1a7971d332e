import AudioCore

/// What a host puts on the audio socket: a byte that says in which format the session is, then packet by packet,
/// each after its length in two bytes, whose upper bits say how much is listened to behind it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHostAudio(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    let codecs: [(AudioCodec, Int)] = [
        (.opus, 48_000), (.pcmS16LE, 24_000), (.pcmu, 8_000), (.pcma, 8_000),
    ]
    guard let first = input.first,
        let format = AudioFormat(
            codec: codecs[Int(first) % 4].0, rateHz: codecs[Int(first) % 4].1),
        var listener = FuzzedListener(format)
    else { return 0 }
    var offset = 1
    while offset + 2 <= input.count {
        let word = Int(input[offset]) | Int(input[offset + 1]) << 8
        let length = min(word & 0x7FF, input.count - offset - 2)
        // Memory of its own, so that a read beyond the packet is noticed.
        let packet = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
        defer { packet.deallocate() }
        packet.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: input[(offset + 2)..<(offset + 2 + length)]))
        guard listener.receive(packet) else { return 0 }
        for _ in 0..<(word >> 11 & 7) { listener.listen() }
        if word >> 14 == 3 { listener.interrupt() }
        offset += 2 + length
    }
    for _ in 0..<20 { listener.listen() }
    listener.interrupt()
    return 0
}

/// The far side of a session without a resampler, whose listener hears all.
private struct FuzzedListener: ~Copyable {
    private var downlink: Downlink
    private let block: Int
    private var position: Int64 = 0

    init?(_ format: AudioFormat) {
        guard
            let downlink = try? Downlink(
                localRateHz: format.rateHz, format: format, settings: DownlinkSettings())
        else { return nil }
        self.downlink = downlink
        block = format.rateHz / 100
    }

    /// - Returns: false when the host would be killed.
    mutating func receive(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress,
            let packet = AudioPacket(UnsafeRawPointer(start), size: bytes.count)
        else { return false }
        precondition(packet.item != nil, "an id that is too long is malformed")
        _ = downlink.receive(packet)
        precondition(downlink.queuedUs >= 0 && downlink.availableSamples >= 0)
        return true
    }

    mutating func listen() {
        let samples = UnsafeMutablePointer<Float>.allocate(capacity: block)
        defer { samples.deallocate() }
        _ = downlink.produce(
            into: samples, count: block, position: position, isAudible: true)
        for index in 0..<block { precondition(samples[index].isFinite, "sound is a number") }
        position += 480
        while let notice = downlink.nextNotice(heard: position) { check(notice) }
    }

    mutating func interrupt() {
        while let notice = downlink.nextNotice(heard: position) { check(notice) }
        while let notice = downlink.nextFlushed() { check(notice) }
        precondition(downlink.queuedUs == 0, "nothing is left behind an interruption")
    }

    private func check(_ notice: PlaybackNotice) {
        precondition(notice.rateHz > 0)
        let played = UInt64(position) * UInt64(notice.rateHz) / 48_000
        precondition(notice.heardSamples <= played + 1, "nothing is heard that was not played")
    }
}
