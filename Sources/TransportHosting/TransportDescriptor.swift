import CParleyTransport
import JSON

/// What a plugin is, as it says itself, checked.
public struct TransportDescriptor: Sendable, Hashable {
    public let id: String
    /// For people.
    public let name: String
    public let version: String
    public let vendor: String?
    public let description: String?
    public let abiMajor: UInt32
    public let abiMinor: UInt32
    /// The longest connection that the peer allows, in seconds; nil without a limit.
    public let maxSessionS: UInt32?
    public let capabilities: TransportCapabilities
    public let options: OptionsSchema
    /// Taken by the transport, best first.
    public let formatsIn: [TransportFormat]
    /// Given by the transport, best first.
    public let formatsOut: [TransportFormat]
    /// As the host sent it, for the cache.
    let source: JSONValue

    /// Reads what a host sends in its greeting.
    init(
        parsing text: ArraySlice<UInt8>, abiMajor: UInt32, abiMinor: UInt32
    ) throws(DescriptorError) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: text)
        } catch {
            throw DescriptorError("the plugin's descriptor can't be read: \(error)")
        }
        try self.init(value, abiMajor: abiMajor, abiMinor: abiMinor)
    }

    init(_ value: JSONValue, abiMajor: UInt32, abiMinor: UInt32) throws(DescriptorError) {
        guard abiMajor == PARLEY_ABI_MAJOR else {
            throw DescriptorError("the plugin is built for version \(abiMajor) of the interface")
        }
        self.abiMajor = abiMajor
        self.abiMinor = abiMinor
        source = value
        id = try Self.id(value["id"])
        name = try Self.text(value["name"], "name", max: 128)
        version = try Self.version(value["version"])
        vendor = try value["vendor"].map { value throws(DescriptorError) in
            try Self.text(value, "vendor", max: 128)
        }
        description = try value["description"].map { value throws(DescriptorError) in
            try Self.text(value, "description", max: 1024)
        }
        guard let seconds = value["maxSessionS"]?.integerValue,
            let limit = UInt32(exactly: seconds),
            let bits = value["capabilities"]?.stringValue, let capabilities = UInt64(bits)
        else { throw DescriptorError("the plugin's descriptor is incomplete") }
        maxSessionS = limit == 0 ? nil : limit
        self.capabilities = TransportCapabilities(rawValue: capabilities)
        formatsIn = try Self.formats(value["formatsIn"], "in")
        formatsOut = try Self.formats(value["formatsOut"], "out")
        do throws(SchemaError) {
            options = try OptionsSchema(text: value["optionsSchema"]?.stringValue)
        } catch {
            throw DescriptorError("the schema of the plugin's options: \(error)")
        }
    }

    private static func id(_ value: JSONValue?) throws(DescriptorError) -> String {
        guard let id = value?.stringValue, isID(id) else {
            throw DescriptorError(
                "the plugin's id must be 1 to 63 characters of a-z, 0-9, '.' and '-', "
                    + "and begin with a letter or digit")
        }
        return id
    }

    private static func isID(_ id: String) -> Bool {
        let isPlain = id.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        }
        return isPlain && (1...Int(PARLEY_ID_MAX)).contains(id.utf8.count)
            && id.first != "." && id.first != "-"
    }

    private static func text(
        _ value: JSONValue?, _ what: String, max: Int
    ) throws(DescriptorError) -> String {
        guard let text = value?.stringValue, !text.isEmpty || what == "description",
            text.utf8.count <= max,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
        else { throw DescriptorError("the plugin's \(what) must be one line of 1 to \(max) bytes") }
        return text
    }

    /// MAJOR.MINOR.PATCH with an optional tail of semantic versioning.
    private static func version(_ value: JSONValue?) throws(DescriptorError) -> String {
        let version = try text(value, "version", max: 64)
        let core = version.prefix { $0 != "-" && $0 != "+" }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers.allSatisfy({ UInt32($0) != nil }),
            version.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else {
            throw DescriptorError(
                "the plugin's version '\(version)' is no semantic version such as 1.4.2")
        }
        return version
    }

    private static func formats(
        _ value: JSONValue?, _ direction: String
    ) throws(DescriptorError) -> [TransportFormat] {
        guard let list = value?.arrayValue, (1...Int(PARLEY_FORMATS_MAX)).contains(list.count)
        else {
            throw DescriptorError(
                "the plugin must list 1 to \(PARLEY_FORMATS_MAX) formats (\(direction))")
        }
        var formats: [TransportFormat] = []
        for pair in list {
            guard let numbers = pair.arrayValue, numbers.count == 2,
                let codec = numbers[0].integerValue, let rateHz = numbers[1].integerValue,
                let rawCodec = UInt32(exactly: codec), let rawRate = UInt32(exactly: rateHz),
                let format = TransportFormat(rawCodec: rawCodec, rateHz: rawRate)
            else {
                throw DescriptorError(
                    "the plugin lists a format that does not exist (\(direction)): \(pair.serialized())"
                )
            }
            guard !formats.contains(format) else {
                throw DescriptorError("the plugin lists \(format) twice (\(direction))")
            }
            formats.append(format)
        }
        return formats
    }
}

/// Why a descriptor is refused: a sentence.
struct DescriptorError: Error, Hashable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
