/// A session description (RFC 8866), as far as WebRTC and telephony have use for one. A value; nothing
/// happens by having it.
///
/// Lines that matter to nobody here (`i=`, `b=`, `t=` and the like) are read over, and `t=0 0` is written.
public struct SessionDescription: Sendable, Hashable, AttributeHolder {
    public var origin: Origin
    public var name: String
    public var connection: ConnectionAddress?
    public var attributes: [Attribute]
    public var sections: [MediaSection]

    public init(
        origin: Origin, name: String = "-", connection: ConnectionAddress? = nil,
        attributes: [Attribute] = [], sections: [MediaSection] = []
    ) {
        self.origin = origin
        self.name = name
        self.connection = connection
        self.attributes = attributes
        self.sections = sections
    }

    /// The mids of the first `BUNDLE` group that has this one; nil when it goes alone.
    public func bundle(with mid: String) -> [String]? {
        for case .group("BUNDLE", let mids) in attributes where mids.contains(mid) { return mids }
        return nil
    }

    /// With CR and LF behind each line, as RFC 8866, section 5 has it.
    public var text: String {
        var lines = ["v=0", "o=\(origin.text)", "s=\(name)"]
        if let connection { lines.append("c=\(connection.text)") }
        lines.append("t=0 0")
        lines += attributes.map { "a=\($0.text)" }
        for section in sections {
            lines.append("m=\(section.text)")
            if let connection = section.connection { lines.append("c=\(connection.text)") }
            lines += section.attributes.map { "a=\($0.text)" }
        }
        return DescriptionLines.text(lines)
    }
}
