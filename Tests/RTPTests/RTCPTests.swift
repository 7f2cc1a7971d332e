import Testing

@testable import RTP

@Suite struct RTCPTests {
    private func read(_ bytes: [UInt8]) throws -> [RTCPPacket] {
        try bytes.withUnsafeBytes { try RTCPReader.read($0) }
    }

    private func fault(_ bytes: [UInt8]) -> RTPFault? {
        bytes.withUnsafeBytes { bytes in
            do throws(RTPFault) {
                _ = try RTCPReader.read(bytes)
                return nil
            } catch {
                return error
            }
        }
    }

    private let block = ReportBlock(
        ssrc: 77, fractionLost: 12, packetsLost: -3, highestSequence: 0x1_0005, jitter: 40,
        lastSenderReport: 0xaabb_ccdd, delaySinceLastSenderReport: 65_536)
    private let report = SenderReport(
        time: NTPTime(unixNs: 1_500_000_000), timestamp: 960, packets: 5, bytes: 500)

    @Test func whatIsWrittenIsRead() throws {
        var writer = RTCPWriter()
        writer.report(1, report, [block])
        writer.sourceDescription(1, name: "me@here")
        writer.goodbye(1)
        #expect(writer.bytes.count % 4 == 0)
        #expect(
            try read(writer.bytes) == [
                .senderReport(ssrc: 1, report, [block]), .sourceDescription([1: "me@here"]),
                .goodbye([1]),
            ])
    }

    @Test(arguments: 0..<9) func namesOfEveryLengthFillTheirWords(length: Int) throws {
        var writer = RTCPWriter()
        writer.report(1, nil, [])
        let name = String(repeating: "x", count: length)
        writer.sourceDescription(9, name: name)
        #expect(
            try read(writer.bytes)
                == [.receiverReport(ssrc: 1, []), .sourceDescription([9: name])])
    }

    @Test func feedbackIsReadAloneAndUnknownTypesAreSkipped() throws {
        let nack: [UInt8] = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0, 0b101]
        #expect(try read(nack) == [.nack(media: 2, [0xffff, 0, 2])])
        let extended: [UInt8] = [0x80, 207, 0, 1, 0, 0, 0, 1]
        var writer = RTCPWriter()
        writer.report(1, nil, [])
        #expect(
            try read(writer.bytes + extended) == [.receiverReport(ssrc: 1, []), .other(type: 207)])
    }

    @Test func timesAreThoseOf1900() {
        #expect(NTPTime(unixNs: 0).rawValue == 2_208_988_800 << 32)
        #expect(NTPTime(unixNs: 500_000_000).rawValue & 0xffff_ffff == 1 << 31)
    }

    @Test func whatIsMalformedIsRefusedWhole() {
        var writer = RTCPWriter()
        writer.report(1, report, [block])
        let good = writer.bytes
        for count in 1..<good.count { #expect(fault(Array(good[..<count])) != nil) }
        #expect(fault([0x00] + good.dropFirst()) == .version)
        // More blocks than there is room for.
        #expect(fault([0x83] + good.dropFirst()) == .length)
        #expect(fault([0xa0, 201, 0, 1, 0, 0, 0, 9]) == .padding)
        #expect(fault([0xa0, 201, 0, 1, 0, 0, 0, 0]) == .padding)
        #expect(fault(good + [0x81, 202, 0, 1, 0, 0, 0, 1]) == .length)
    }

    @Test func feedbackSaysWhatCameAndWhen() throws {
        var feedback = TransportFeedback()
        let ms: UInt64 = 1_000_000
        // 10 comes at 64 ms, 11 is lost, 12 a millisecond later, 13 after a second.
        feedback.received(10, ssrc: 5, nowNs: 64 * ms)
        feedback.received(12, ssrc: 5, nowNs: 65 * ms)
        feedback.received(13, ssrc: 5, nowNs: 1_065 * ms)
        #expect(feedback.nextDueNs == 64 * ms + TransportFeedback.intervalNs)
        let taken = feedback.take(sender: 9)
        let bytes = try #require(taken)
        #expect(
            bytes == [
                0xaf, 205, 0, 6, 0, 0, 0, 9, 0, 0, 0, 5, 0, 10, 0, 4, 0, 0, 1, 0,
                // 01 00 01 10 in a vector of two-bit symbols.
                0b1101_0001, 0b1000_0000,
                // 0, 4 ticks, 4000 ticks of 250 us.
                0, 4, 0x0f, 0xa0, 0, 2,
            ])
        #expect(try read(bytes) == [.transportFeedback(media: 5)])
        let none = feedback.take(sender: 9)
        #expect(none == nil)
        // What was lost at the end of one is told in the next.
        feedback.received(15, ssrc: 5, nowNs: 1_100 * ms)
        let next = feedback.take(sender: 9)
        #expect(next.map { Array($0[12..<16]) } == [0, 14, 0, 2])
    }
}
