/// Strings that stand for something.
extension ValueType where Value == String {
    /// A user or group.
    static let principal = ValueType.string("name or number") { text in
        text.isEmpty ? "not be empty" : nil
    }

    /// The name of a session. It is used in URLs, file names and command lines.
    static let sessionName = ValueType.string("name") { text in
        isName(text, beginsWith: isAlphanumeric, goesOn: isNameByte)
            ? nil : "be 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit"
    }

    static let transportID = ValueType.string("transport id") { text in
        isName(text, beginsWith: isLowercaseAlphanumeric) { byte in
            isLowercaseAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        } ? nil : "be 1 to 63 of a-z 0-9 . - and begin with a letter or digit"
    }

    /// Only Unix sockets: the network never carries the sound of a room by accident.
    static let soundServer = ValueType.string("`unix:` and a path, or a path") { text in
        if text.hasPrefix("unix:/") || text.hasPrefix("/") { return nil }
        return "be a Unix socket such as \"unix:/run/user/1000/pulse/native\"; "
            + "sound servers over the network are refused"
    }

    static let directory = ValueType.string("directory") { text in
        text.hasPrefix("/") ? nil : "be an absolute path"
    }

    private static func isName(
        _ text: String, beginsWith: (UInt8) -> Bool, goesOn: (UInt8) -> Bool
    ) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 63 else { return false }
        return beginsWith(first) && text.utf8.allSatisfy(goesOn)
    }

    private static func isLowercaseAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowercaseAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }
}

extension ValueType where Value == [String] {
    static let principals = ValueType.list("names or numbers", of: .principal)
    static let directories = ValueType.list("directories", of: .directory)
    static let devices = ValueType.list(
        "devices", of: .string("device") { $0.isEmpty ? "not be empty" : nil },
        isEmptyAllowed: false)
}

extension ValueType where Value == Int {
    /// A sample rate of the formats that Parley has.
    static let rate: ValueType = {
        let rates = [8_000, 16_000, 24_000, 48_000]
        let name = "one of 8000, 16000, 24000, 48000"
        return ValueType(name) { node throws(Refusal) in
            guard case .integer(let value) = node.value, let rate = Int(exactly: value),
                rates.contains(rate)
            else { throw Refusal("must be \(name)") }
            return rate
        } show: { value in
            String(value)
        }
    }()
}
