import DataChannel
import Testing

@Suite struct DCEPTests {
    @Test func `an opening says what RFC 8832 has for it`() {
        let open = DCEP.open(DataChannelParameters(label: "oai", subprotocol: "p"))
        #expect(
            open.bytes == [3, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0x6f, 0x61, 0x69, 0x70])
        #expect(DCEP.ack.bytes == [2])
    }

    @Test(arguments: [
        DataChannelParameters(label: ""),
        DataChannelParameters(label: "ä", isOrdered: false),
        DataChannelParameters(label: "x", reliability: .retransmissions(3), priority: 1024),
        DataChannelParameters(label: "x", isOrdered: false, reliability: .lifetimeMs(500)),
    ])
    func `what was written is read`(parameters: DataChannelParameters) throws {
        let bytes = DCEP.open(parameters).bytes
        #expect(try bytes.withUnsafeBytes { try DCEP($0) } == .open(parameters))
    }

    @Test func `what is cut off, too long or unknown is malformed`() {
        let open = DCEP.open(DataChannelParameters(label: "ab")).bytes
        var cases = (0..<open.count).map { Array(open[..<$0]) }
        cases += [open + [0], [0], [0x04], [3, 3] + open[2...], Array(open.dropLast()) + [0xff]]
        for bytes in cases {
            #expect(throws: DCEP.Malformed.self) { try bytes.withUnsafeBytes { try DCEP($0) } }
        }
    }
}
