import CParleyWire

/// Packets that wait until a host reads again.
struct OutQueue {
    /// Two of the longest messages; a host that leaves more unread is stuck.
    static let bytesMax = 2 * Int(PARLEY_WIRE_BODY_MAX)

    private var packets: [[UInt8]] = []
    private var firstIndex = 0
    private(set) var bytes = 0

    var isEmpty: Bool { firstIndex == packets.count }
    var first: [UInt8]? { isEmpty ? nil : packets[firstIndex] }

    /// False when there is no room: nothing was taken.
    mutating func append(_ packet: [UInt8]) -> Bool {
        guard bytes + packet.count <= Self.bytesMax else { return false }
        bytes += packet.count
        packets.append(packet)
        return true
    }

    mutating func removeFirst() {
        bytes -= packets[firstIndex].count
        packets[firstIndex] = []
        firstIndex += 1
        if firstIndex == packets.count {
            packets = []
            firstIndex = 0
        }
    }
}
