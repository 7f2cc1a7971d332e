/// A stream of packets, each after its length in one byte, as a receiver gets them every 20 ms.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRTP(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    var stream = FuzzedStream()
    var offset = 0
    while offset < input.count {
        let length = min(Int(input[offset]), input.count - offset - 1)
        // Memory of its own, so that a read beyond the packet is noticed.
        let packet = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 1)
        defer { packet.deallocate() }
        packet.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: input[(offset + 1)..<(offset + 1 + length)]))
        stream.receive(UnsafeRawBufferPointer(packet))
        offset += 1 + length
    }
    stream.finish()
    return 0
}

private struct FuzzedStream {
    private var receiver = RTPReceiver(rateHz: 48_000)
    private var keys = TelephoneEventReceiver()
    private var feedback = TransportFeedback()
    private var nowNs: UInt64 = 1_000_000_000
    private var last: RTPReceiver.Reception?

    mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        nowNs += 20_000_000
        let kind = PacketKind(bytes)
        guard let packet = try? RTPPacket(bytes) else { return }
        precondition(kind == .rtp || kind == .rtcp, "what has the version of RTP is RTP or RTCP")
        precondition(isInside(packet.payload, bytes))
        for id in UInt8.min...UInt8.max {
            guard let element = packet.extensions[id] else { continue }
            precondition(isInside(element, bytes))
            if id == 5, element.count == 2 {
                let number = UInt16(element[0]) << 8 | UInt16(element[1])
                feedback.received(number, ssrc: packet.ssrc, nowNs: nowNs)
            }
        }
        if let samples = OpusPacket.sampleCount(packet.payload) {
            precondition((120...5_760).contains(samples))
        }
        _ = keys.receive(timestamp: packet.timestamp, payload: packet.payload)
        guard let reception = receiver.receive(packet, nowNs: nowNs) else { return }
        precondition(reception.sequence >= 0 && reception.timestamp >= 0)
        precondition(UInt16(truncatingIfNeeded: reception.sequence) == packet.sequence)
        precondition(UInt32(truncatingIfNeeded: reception.timestamp) == packet.timestamp)
        last = reception
    }

    mutating func finish() {
        if let bytes = feedback.take(sender: 1) {
            let packets = try? bytes.withUnsafeBytes { try RTCPReader.read($0) }
            precondition(packets?.count == 1, "feedback is one packet of RTCP")
        }
        guard let block = receiver.report(nowNs: nowNs) else { return }
        var writer = RTCPWriter()
        writer.report(1, nil, [block])
        guard
            case .receiverReport(1, let blocks)? = try? writer.bytes.withUnsafeBytes({
                try RTCPReader.read($0)
            }).first
        else { preconditionFailure("a report can be read again") }
        precondition(blocks.count == 1)
    }

    private func isInside(_ part: UnsafeRawBufferPointer, _ all: UnsafeRawBufferPointer) -> Bool {
        guard !part.isEmpty, let start = part.baseAddress, let first = all.baseAddress else {
            return part.isEmpty
        }
        return start >= first && start + part.count <= first + all.count
    }
}
