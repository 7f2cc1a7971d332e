extension JSONValue {
    /// About how many bytes the value takes in memory, and at least as many as it takes as text: what a
    /// store of values that strangers wrote is bounded by.
    public var footprint: Int {
        switch self {
        case .null, .bool, .integer, .number: Self.nodeBytes
        case .string(let text): Self.nodeBytes + Self.textBytes(text)
        case .array(let values): values.reduce(Self.nodeBytes) { $0 + $1.footprint }
        case .object(let object):
            object.members.reduce(Self.nodeBytes) {
                $0 + Self.nodeBytes + Self.textBytes($1.name) + $1.value.footprint
            }
        }
    }

    /// More than the longest number is as text.
    private static var nodeBytes: Int { 32 }

    private static func textBytes(_ text: String) -> Int {
        text.utf8.reduce(0) { count, byte in
            switch byte {
            case 0..<0x20: count + 6
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): count + 2
            default: count + 1
            }
        }
    }
}
