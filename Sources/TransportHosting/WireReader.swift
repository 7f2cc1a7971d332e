import Glibc

/// Reads the body of a message from a host: nothing that it says is taken for granted.
struct WireReader {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    mutating func integer() throws(HostProtocolError) -> UInt32 {
        guard bytes.endIndex - place >= 4 else { throw .tooShort }
        defer { place += 4 }
        return bytes[place..<place + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// A string up to its NUL.
    mutating func string() throws(HostProtocolError) -> String {
        let text = try stringBytes()
        guard let string = String(validating: text, as: UTF8.self) else { throw .notUTF8 }
        return string
    }

    /// The bytes of a string up to its NUL, for whoever checks them by other rules.
    mutating func stringBytes() throws(HostProtocolError) -> ArraySlice<UInt8> {
        let size = bytes[place...].withUnsafeBytes { rest in
            rest.baseAddress.map { strnlen($0, rest.count) } ?? 0
        }
        let end = place + size
        guard end < bytes.endIndex else { throw .tooShort }
        defer { place = end + 1 }
        return bytes[place..<end]
    }

    /// What is left, without its NUL where it has one, repaired where it is no UTF-8: log lines.
    mutating func text() -> String {
        defer { place = bytes.endIndex }
        return String(decoding: bytes[place...].prefix { $0 != 0 }, as: UTF8.self)
    }

    func end() throws(HostProtocolError) {
        guard place == bytes.endIndex else { throw .tooLong }
    }
}

/// How a host broke the protocol between daemon and host. The host is killed for it: its own code, not
/// the plugin's wishes, speaks this protocol, so something has overwritten it.
public enum HostProtocolError: Error, Hashable, CustomStringConvertible {
    case tooShort
    case tooLong
    case notUTF8
    case unknownVersion(UInt16)
    case unknownKind(UInt16)
    case unknownValue(String)
    case unexpected(String)
    case bodyTooLong
    case tooManyParts

    public var description: String {
        switch self {
        case .tooShort: "a message is shorter than its kind asks for"
        case .tooLong: "a message is longer than its kind allows"
        case .notUTF8: "a text is not UTF-8"
        case .unknownVersion(let version): "it speaks version \(version) of the host protocol"
        case .unknownKind(let kind): "a message has the unknown kind \(kind)"
        case .unknownValue(let what): "a message has an unknown \(what)"
        case .unexpected(let what): "it sent \(what)"
        case .bodyTooLong: "a message is longer than 17 MiB"
        case .tooManyParts: "it has too many messages under way in parts"
        }
    }
}
