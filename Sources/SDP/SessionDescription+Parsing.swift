extension SessionDescription {
    public init(parsing text: String) throws(DescriptionFault) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Reads a description. `s=` and `t=` may be missing, as some telephones have it.
    ///
    /// - Throws: a sentence that names the line, for what is none, or is too long.
    public init(
        parsing bytes: some RandomAccessCollection<UInt8>
    ) throws(DescriptionFault) {
        let lines = try DescriptionLines(bytes).lines
        guard let version = lines.first else { throw DescriptionFault("is empty") }
        guard version.letter == UInt8(ascii: "v") else {
            throw DescriptionFault(line: version.number, "does not begin with v=0")
        }
        guard version.value.trimmed == "0" else {
            throw DescriptionFault(
                line: version.number, "is of version \(version.value.quoted); only 0 is known")
        }
        var reader = DescriptionReader()
        for line in lines.dropFirst() {
            do throws(DescriptionFault) {
                try reader.take(line)
            } catch {
                throw DescriptionFault(line: line.number, error.reason)
            }
        }
        guard let origin = reader.origin else { throw DescriptionFault("has no o= line") }
        self.init(
            origin: origin, name: reader.name, connection: reader.connection,
            attributes: reader.attributes, sections: reader.sections)
    }
}

/// What the lines so far gave.
private struct DescriptionReader {
    var origin: Origin?
    var name = "-"
    var connection: ConnectionAddress?
    var attributes: [Attribute] = []
    var sections: [MediaSection] = []

    mutating func take(_ line: DescriptionLines.Line) throws(DescriptionFault) {
        switch line.letter {
        case UInt8(ascii: "o"):
            guard origin == nil, sections.isEmpty else {
                throw DescriptionFault("is a second o= line")
            }
            guard let parsed = Origin(line.value) else {
                throw DescriptionFault(
                    "has o=\(line.value.quoted), which is not a user, an id, a version and an address"
                )
            }
            origin = parsed
        case UInt8(ascii: "s"):
            guard sections.isEmpty else { throw DescriptionFault("has an s= line in a section") }
            name = line.value.isEmpty ? "-" : String(line.value)
        case UInt8(ascii: "c"): try takeConnection(line.value)
        case UInt8(ascii: "a"):
            let attribute = try Attribute(parsing: line.value)
            if sections.isEmpty {
                attributes.append(attribute)
            } else {
                sections[sections.count - 1].attributes.append(attribute)
            }
        case UInt8(ascii: "m"):
            guard sections.count < DescriptionLimits.sections else {
                throw DescriptionFault(
                    "begins another section; over \(DescriptionLimits.sections) are refused")
            }
            sections.append(try MediaSection(parsing: line.value))
        case let letter where "iuepbtrzk".utf8.contains(letter): break
        case let letter:
            let name = Character(Unicode.Scalar(letter))
            throw DescriptionFault("has the letter \(name), which no description has")
        }
    }

    private mutating func takeConnection(_ value: Substring) throws(DescriptionFault) {
        guard let parsed = ConnectionAddress(value.fields) else {
            throw DescriptionFault(
                "has c=\(value.quoted), which is not as 'IN IP4 192.0.2.1' or 'IN IP6 2001:db8::1'")
        }
        if sections.isEmpty {
            connection = parsed
        } else {
            // A second one would be a multicast layer; the first counts.
            let last = sections.count - 1
            sections[last].connection = sections[last].connection ?? parsed
        }
    }
}
