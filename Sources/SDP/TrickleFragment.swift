/// `application/trickle-ice-sdpfrag` (RFC 8840, section 9): candidates that come after the description, and
/// the new credentials of an ICE restart. WHIP sends them by PATCH (RFC 9725, section 4.3).
public struct TrickleFragment: Sendable, Hashable, AttributeHolder {
    public struct Section: Sendable, Hashable, AttributeHolder {
        /// What follows `m=`; only its place and its mid matter.
        public var media: String
        public var attributes: [Attribute]

        public var mid: String? {
            for case .mid(let mid) in attributes { return mid }
            return nil
        }
    }

    public static var contentType: String { "application/trickle-ice-sdpfrag" }

    public var attributes: [Attribute]
    public var sections: [Section]

    /// Candidates of the section that carries the bundle.
    ///
    /// - Parameters:
    ///   - ended: whether no more follow.
    ///   - bundle: the mids of the description's group; may be empty.
    public init(
        userNameFragment: String, password: String, mid: String?, candidates: [Candidate],
        ended: Bool, bundle: [String] = []
    ) {
        attributes = bundle.isEmpty ? [] : [.group(semantics: "BUNDLE", mids: bundle)]
        attributes += [.iceUserNameFragment(userNameFragment), .icePassword(password)]
        var section = Section(media: "audio 9 RTP/AVP 0", attributes: [])
        if let mid { section.attributes.append(.mid(mid)) }
        section.attributes += candidates.map(Attribute.candidate)
        if ended { section.attributes.append(.endOfCandidates) }
        sections = [section]
    }

    public init(parsing text: String) throws(DescriptionFault) {
        try self.init(parsing: Array(text.utf8))
    }

    /// Reads a fragment; a whole description is one, too.
    public init(
        parsing bytes: some RandomAccessCollection<UInt8>
    ) throws(DescriptionFault) {
        attributes = []
        sections = []
        for line in try DescriptionLines(bytes).lines {
            do throws(DescriptionFault) {
                try take(line)
            } catch {
                throw DescriptionFault(line: line.number, error.reason)
            }
        }
    }

    private mutating func take(_ line: DescriptionLines.Line) throws(DescriptionFault) {
        switch line.letter {
        case UInt8(ascii: "m"):
            guard sections.count < DescriptionLimits.sections else {
                throw DescriptionFault(
                    "begins another section; over \(DescriptionLimits.sections) are refused")
            }
            sections.append(Section(media: String(line.value), attributes: []))
        case UInt8(ascii: "a"):
            let attribute = try Attribute(parsing: line.value)
            if sections.isEmpty {
                attributes.append(attribute)
            } else {
                sections[sections.count - 1].attributes.append(attribute)
            }
        default: break
        }
    }

    /// All of them, of whatever section: with a bundle there is one transport.
    public var allCandidates: [Candidate] {
        candidates + sections.flatMap(\.candidates)
    }

    public var endsAllCandidates: Bool {
        endsCandidates || sections.contains(where: \.endsCandidates)
    }

    /// New ones mean an ICE restart; nil when the fragment names none.
    public var credentials: (userNameFragment: String, password: String)? {
        let holders: [any AttributeHolder] = [self] + sections
        guard let name = holders.lazy.compactMap(\.iceUserNameFragment).first,
            let password = holders.lazy.compactMap(\.icePassword).first
        else { return nil }
        return (name, password)
    }

    public var text: String {
        var lines = attributes.map { "a=\($0.text)" }
        for section in sections {
            lines.append("m=\(section.media)")
            lines += section.attributes.map { "a=\($0.text)" }
        }
        return DescriptionLines.text(lines)
    }
}
