/// Cuts a stream of bytes into lines, each byte looked at once.
struct LineBuffer {
    private var bytes: [UInt8] = []
    private var scanned = 0
    private var start = 0

    /// Bytes of the line that has not ended.
    var pending: Int { bytes.count - start }

    mutating func append(_ new: UnsafeRawBufferPointer) {
        if start > 0, start == bytes.count || start > 65_536 {
            bytes.removeFirst(start)
            scanned -= start
            start = 0
        }
        bytes.append(contentsOf: new)
    }

    /// The next whole line without its end; nil when there is none.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let end = bytes[scanned...].firstIndex(of: UInt8(ascii: "\n")) else {
            if start == bytes.count {
                // A long line's memory is not kept for the next short one.
                if bytes.capacity > 1 << 18 {
                    bytes = []
                } else {
                    bytes.removeAll(keepingCapacity: true)
                }
                start = 0
            }
            scanned = bytes.count
            return nil
        }
        defer {
            start = end + 1
            scanned = start
        }
        let line = bytes[start..<end]
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
}
