/// Reads an audio delta without building a JSON tree: it only finds where the members are.
///
/// It takes one flat object of the members that such an event has, plain ASCII without escapes.
/// What is different in any way is not refused but left to the full parser.
struct AudioDeltaScanner {
    /// Where the members of an event are in its bytes.
    struct Found {
        var itemID: Range<Int>
        var responseID: Range<Int>?
        var contentIndex: Int
        var base64: Range<Int>
    }

    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// nil for any other event, and for an audio delta that the full parser must see.
    static func scan(_ bytes: UnsafeRawBufferPointer) -> Found? {
        var scanner = AudioDeltaScanner(bytes)
        return scanner.scan()
    }

    private mutating func scan() -> Found? {
        var type: Range<Int>?
        var eventID: Range<Int>?
        var itemID: Range<Int>?
        var responseID: Range<Int>?
        var delta: Range<Int>?
        var contentIndex: Int?
        var outputIndex: Int?
        guard take(UInt8(ascii: "{")) else { return nil }
        repeat {
            guard let name = text(), take(UInt8(ascii: ":")) else { return nil }
            if matches(name, "delta") {
                // Only an event that is known to be audio is worth the scan of its payload.
                guard delta == nil, let type, isAudioDelta(type) else { return nil }
                delta = text()
                guard delta != nil else { return nil }
            } else if matches(name, "type") {
                guard type == nil, let value = text(), isAudioDelta(value) else { return nil }
                type = value
            } else if matches(name, "item_id") {
                guard itemID == nil, let value = text() else { return nil }
                itemID = value
            } else if matches(name, "response_id") {
                guard responseID == nil, let value = text() else { return nil }
                responseID = value
            } else if matches(name, "event_id") {
                guard eventID == nil, let value = text() else { return nil }
                eventID = value
            } else if matches(name, "content_index") {
                guard contentIndex == nil, let value = number() else { return nil }
                contentIndex = value
            } else if matches(name, "output_index") {
                guard outputIndex == nil, let value = number() else { return nil }
                outputIndex = value
            } else {
                return nil
            }
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { return nil }
        skipSpace()
        guard place == bytes.count, type != nil, let itemID, let delta else { return nil }
        return Found(
            itemID: itemID, responseID: responseID, contentIndex: contentIndex ?? 0, base64: delta)
    }

    private func isAudioDelta(_ range: Range<Int>) -> Bool {
        matches(range, "response.output_audio.delta") || matches(range, "response.audio.delta")
    }

    private func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for offset in 0..<range.count
        where bytes[range.lowerBound + offset] != word.utf8Start[offset] {
            return false
        }
        return true
    }

    private mutating func skipSpace() {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x09, 0x0A, 0x0D: place += 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    /// The inside of a string without escapes, control characters or anything beyond ASCII.
    private mutating func text() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = place
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                place += 1
                return start..<(place - 1)
            case UInt8(ascii: "\\"), 0..<0x20, 0x80...: return nil
            default: place += 1
            }
        }
        return nil
    }

    /// A whole number of at most six digits.
    private mutating func number() -> Int? {
        skipSpace()
        let start = place
        var value = 0
        while place < bytes.count, place - start < 7, 0x30...0x39 ~= bytes[place] {
            value = value * 10 + Int(bytes[place] - 0x30)
            place += 1
        }
        let count = place - start
        guard count > 0, count < 7, count == 1 || bytes[start] != 0x30 else { return nil }
        return value
    }
}
