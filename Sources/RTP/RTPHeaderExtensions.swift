/// The extensions of a packet's header (RFC 8285): one-byte and two-byte form; anything else counts as none.
public struct RTPHeaderExtensions {
    private let isTwoByte: Bool
    private let bytes: UnsafeRawBufferPointer

    init() {
        isTwoByte = false
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    init(profile: UInt16, bytes: UnsafeRawBufferPointer) {
        isTwoByte = profile & 0xfff0 == 0x1000
        self.bytes =
            isTwoByte || profile == 0xbede ? bytes : UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The element with this id (1 to 14, two-byte form to 255); nil when there is none, or when what
    /// comes before it makes no sense.
    public subscript(id: UInt8) -> UnsafeRawBufferPointer? {
        var offset = 0
        while offset < bytes.count {
            let head = bytes[offset]
            // Padding between elements.
            if head == 0 {
                offset += 1
                continue
            }
            let found: UInt8
            let count: Int
            if isTwoByte {
                guard offset + 1 < bytes.count else { return nil }
                found = head
                count = Int(bytes[offset + 1])
                offset += 2
            } else {
                found = head >> 4
                count = Int(head & 0x0f) + 1
                offset += 1
                // Reserved: nothing after it may be read.
                if found == 15 { return nil }
            }
            guard offset + count <= bytes.count else { return nil }
            if found == id {
                return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
            }
            offset += count
        }
        return nil
    }
}
