/// The part of a conversation that speech belongs to: an item's id, at most 63 bytes, and the index of
/// its content part. Stored inline, so copying it costs no reference. [real-time safe]
///
/// Audio of a peer that names no items has the empty id.
public struct SpeechItem: Sendable, Hashable, BitwiseCopyable {
    /// Bytes that an id may have; the plugin header's PARLEY_ID_MAX.
    public static var idBytesMaximum: Int { @_noLocks get { 63 } }

    // The bytes of the id, the rest 0; the last byte is the count.
    private var w0: UInt64 = 0
    private var w1: UInt64 = 0
    private var w2: UInt64 = 0
    private var w3: UInt64 = 0
    private var w4: UInt64 = 0
    private var w5: UInt64 = 0
    private var w6: UInt64 = 0
    private var w7: UInt64 = 0
    public var contentIndex: UInt32

    /// Audio that belongs to no item.
    @_noLocks
    public init() { contentIndex = 0 }

    /// - Returns: nil when the id is longer than 63 bytes.
    @_noLocks
    public init?(id: UnsafeRawPointer?, byteCount: Int, contentIndex: UInt32 = 0) {
        guard byteCount >= 0, byteCount <= Self.idBytesMaximum else { return nil }
        self.contentIndex = contentIndex
        guard let id else { return }
        w0 = Self.word(id, 0, byteCount)
        w1 = Self.word(id, 8, byteCount)
        w2 = Self.word(id, 16, byteCount)
        w3 = Self.word(id, 24, byteCount)
        w4 = Self.word(id, 32, byteCount)
        w5 = Self.word(id, 40, byteCount)
        w6 = Self.word(id, 48, byteCount)
        w7 = Self.word(id, 56, byteCount) | UInt64(byteCount) &<< 56
    }

    /// - Returns: nil when the id is longer than 63 bytes. [not real-time safe]
    public init?(_ id: String, contentIndex: UInt32 = 0) {
        var id = id
        let item = id.withUTF8 {
            SpeechItem(id: $0.baseAddress, byteCount: $0.count, contentIndex: contentIndex)
        }
        guard let item else { return nil }
        self = item
    }

    @_noLocks
    @inline(__always)
    private static func word(_ id: UnsafeRawPointer, _ start: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        var index = start
        let end = count < start &+ 8 ? count : start &+ 8
        while index < end {
            let byte = id.load(fromByteOffset: index, as: UInt8.self)
            word |= UInt64(byte) &<< UInt64((index &- start) &* 8)
            index &+= 1
        }
        return word
    }

    public var idByteCount: Int { @_noLocks get { Int(w7 &>> 56) } }
    /// Whether the audio belongs to an item.
    public var isNamed: Bool { @_noLocks get { idByteCount > 0 } }

    @_noLocks
    public static func == (one: SpeechItem, other: SpeechItem) -> Bool {
        one.w0 == other.w0 && one.w1 == other.w1 && one.w2 == other.w2 && one.w3 == other.w3
            && one.w4 == other.w4 && one.w5 == other.w5 && one.w6 == other.w6
            && one.w7 == other.w7 && one.contentIndex == other.contentIndex
    }

    /// Writes the id's bytes, without an end mark, and returns how many; `bytes` has room for 63.
    @_noLocks
    @discardableResult
    public func copyId(to bytes: UnsafeMutablePointer<UInt8>) -> Int {
        let count = idByteCount
        var index = 0
        while index < count {
            bytes[index] = byte(index)
            index &+= 1
        }
        return count
    }

    @_noLocks
    @inline(__always)
    private func byte(_ index: Int) -> UInt8 {
        let word =
            switch index &>> 3 {
            case 0: w0
            case 1: w1
            case 2: w2
            case 3: w3
            case 4: w4
            case 5: w5
            case 6: w6
            default: w7
            }
        return UInt8(truncatingIfNeeded: word &>> UInt64((index & 7) &* 8))
    }

    /// The id; empty for audio that belongs to no item. [not real-time safe]
    public var id: String {
        String(decoding: (0..<idByteCount).map { byte($0) }, as: UTF8.self)
    }
}

extension SpeechItem: CustomStringConvertible {
    public var description: String { "\(isNamed ? id : "(no item)")/\(contentIndex)" }
}
