/// The session, or one of its sections.
public protocol AttributeHolder {
    /// In the order of their lines.
    var attributes: [Attribute] { get set }
}

/// The first of its kind counts, where there may be one.
extension AttributeHolder {
    private func first<Value>(_ value: (Attribute) -> Value?) -> Value? {
        for attribute in attributes {
            if let value = value(attribute) { return value }
        }
        return nil
    }

    public var direction: Direction? {
        first { if case .direction(let value) = $0 { value } else { nil } }
    }

    public var setup: SetupRole? {
        first { if case .setup(let value) = $0 { value } else { nil } }
    }

    public var iceUserNameFragment: String? {
        first { if case .iceUserNameFragment(let value) = $0 { value } else { nil } }
    }

    public var icePassword: String? {
        first { if case .icePassword(let value) = $0 { value } else { nil } }
    }

    public var iceOptions: [String]? {
        first { if case .iceOptions(let value) = $0 { value } else { nil } }
    }

    public var isICELite: Bool { attributes.contains(.iceLite) }
    public var endsCandidates: Bool { attributes.contains(.endOfCandidates) }

    public var candidates: [Candidate] {
        attributes.compactMap { if case .candidate(let value) = $0 { value } else { nil } }
    }

    public var fingerprints: [CertificateFingerprint] {
        attributes.compactMap { if case .fingerprint(let value) = $0 { value } else { nil } }
    }

    public var headerExtensions: [HeaderExtension] {
        attributes.compactMap { if case .headerExtension(let value) = $0 { value } else { nil } }
    }

    /// Of an attribute that is not known; empty when it has no value.
    public func other(_ name: String) -> String? {
        first {
            if case .other(name, let value) = $0 { value ?? "" } else { nil }
        }
    }
}
