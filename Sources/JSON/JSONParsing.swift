import CJansson

/// What is wrong with a text that should be JSON.
public enum JSONError: Error, Hashable, CustomStringConvertible {
    /// Not JSON. The column counts bytes, from 1.
    case malformed(line: Int, column: Int, reason: String)
    case tooDeep(maximum: Int)

    public var description: String {
        switch self {
        case .malformed(let line, let column, let reason):
            "not JSON at line \(line), column \(column): \(reason)"
        case .tooDeep(let maximum): "JSON is nested deeper than \(maximum) levels"
        }
    }
}

extension JSONValue {
    /// Parses one JSON text: strict UTF-8, no duplicate names, nothing behind it.
    public init(parsing text: String, maximumDepth: Int = 64) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }

    /// As above, from bytes.
    public init(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 64) throws(JSONError) {
        let contiguous = Array(bytes)
        // jansson recurses, so the depth is checked before it sees the text.
        guard Self.depth(of: contiguous) <= maximumDepth else {
            throw .tooDeep(maximum: maximumDepth)
        }
        var error = json_error_t()
        var root = Self.load(contiguous, &error)
        if root == nil, json_error_code(&error) == json_error_numeric_overflow {
            root = Self.load(Self.withLongIntegersAsReals(contiguous), &error)
        }
        guard let root else {
            throw .malformed(
                line: Int(error.line), column: Int(error.column), reason: error.sentence)
        }
        defer { json_decref(root) }
        self = Self.value(of: root)
    }

    private static func load(
        _ bytes: [UInt8], _ error: inout json_error_t
    ) -> UnsafeMutablePointer<json_t>? {
        let flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY
        return bytes.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                json_loadb($0.baseAddress, $0.count, Int(flags), &error)
            }
        }
    }

    /// The text with ".0" behind integers that do not fit 64 bits, because jansson refuses them.
    private static func withLongIntegersAsReals(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var token: [UInt8] = []
        var isString = false
        var isEscaped = false
        func endToken() {
            let text = String(decoding: token, as: UTF8.self)
            result += token
            if token.count > 18, token.allSatisfy({ $0 == 0x2D || 0x30...0x39 ~= $0 }),
                Int64(text) == nil
            {
                result += ".0".utf8
            }
            token = []
        }
        for byte in bytes {
            if !isString, 0x30...0x39 ~= byte || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte) {
                token.append(byte)
                continue
            }
            endToken()
            result.append(byte)
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
            } else if byte == UInt8(ascii: "\"") {
                isString = true
            }
        }
        endToken()
        return result
    }

    /// Levels of brackets outside strings; a bare value has none.
    private static func depth(of bytes: [UInt8]) -> Int {
        var depth = 0
        var deepest = 0
        var isString = false
        var isEscaped = false
        for byte in bytes {
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
        return deepest
    }

    private static func value(of json: UnsafeMutablePointer<json_t>) -> JSONValue {
        switch json.pointee.type {
        case JSON_OBJECT:
            var members: [(name: String, value: JSONValue)] = []
            members.reserveCapacity(json_object_size(json))
            var iterator = json_object_iter(json)
            while let place = iterator {
                if let name = json_object_iter_key(place),
                    let member = json_object_iter_value(place)
                {
                    let bytes = UnsafeRawBufferPointer(
                        start: name, count: json_object_iter_key_len(place))
                    members.append((String(decoding: bytes, as: UTF8.self), value(of: member)))
                }
                iterator = json_object_iter_next(json, place)
            }
            return .object(JSONObject(unique: members))
        case JSON_ARRAY:
            return .array(
                (0..<json_array_size(json)).compactMap { json_array_get(json, $0).map(value) })
        case JSON_STRING:
            let bytes = UnsafeRawBufferPointer(
                start: json_string_value(json), count: json_string_length(json))
            return .string(String(decoding: bytes, as: UTF8.self))
        case JSON_INTEGER: return .integer(json_integer_value(json))
        case JSON_REAL: return .number(json_real_value(json))
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        default: return .null
        }
    }
}

extension json_error_t {
    /// The message that jansson wrote.
    fileprivate var sentence: String {
        withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
