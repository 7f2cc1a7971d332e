/// One compound packet. What was read and can be written, is read again as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRTCP(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    guard let packets = try? RTCPReader.read(input) else { return 0 }
    precondition(packets.count <= count / 4)
    var receiver = RTPReceiver(rateHz: 48_000)
    var random = SystemRandomNumberGenerator()
    var sender = RTPSender(rateHz: 48_000, random: &random)
    for packet in packets {
        var writer = RTCPWriter()
        switch packet {
        case .senderReport(let ssrc, let report, let blocks):
            receiver.received(report, from: ssrc, nowNs: 1)
            for var block in blocks {
                block.ssrc = sender.ssrc
                sender.received(block, unixNs: 1_700_000_000_000_000_000)
            }
            writer.report(ssrc, report, blocks)
        case .receiverReport(let ssrc, let blocks): writer.report(ssrc, nil, blocks)
        case .goodbye(let sources) where sources.count == 1: writer.goodbye(sources[0])
        case .sourceDescription, .goodbye, .nack, .transportFeedback, .other: continue
        }
        let again = try? writer.bytes.withUnsafeBytes { try RTCPReader.read($0) }
        precondition(again == [packet], "a packet that was read is the same when read again")
    }
    return 0
}
