import CParleyWire

/// Packets that wait until a host reads again.
struct OutQueue {
    /// Two of the longest messages; a host that leaves more unread is stuck.
    static let bytesMax = 2 * Int(PARLEY_WIRE_BODY_MAX)

    /// Nil for those that were taken, which are gone at once: they may have been secrets.
    private var packets: [WipedBytes?] = []
    private var firstIndex = 0
    private(set) var bytes = 0

    var isEmpty: Bool { firstIndex == packets.count }
    var first: WipedBytes? { isEmpty ? nil : packets[firstIndex] }

    /// False when there is no room: nothing was taken.
    mutating func append(_ packet: WipedBytes) -> Bool {
        guard bytes + packet.count <= Self.bytesMax else { return false }
        bytes += packet.count
        packets.append(packet)
        return true
    }

    mutating func removeFirst() {
        bytes -= packets[firstIndex]?.count ?? 0
        packets[firstIndex] = nil
        firstIndex += 1
        if firstIndex == packets.count {
            packets = []
            firstIndex = 0
        }
    }
}
