import JSON

/// Checks values against their types.
public struct ValueCheck: Sendable {
    /// Whether null stands for an optional member that is left out.
    private let nullIsAbsence: Bool
    /// What a member is called in messages.
    private let noun: String

    /// For what clients send.
    public static let ofParameters = ValueCheck(nullIsAbsence: true, noun: "parameter")
    /// For what clients get: exactly what the schema says.
    public static let ofAnswers = ValueCheck(nullIsAbsence: false, noun: "member")

    /// - Parameter path: of the value, for the message.
    public func check(
        _ value: JSONValue, _ type: ValueType, path: String
    ) throws(ControlError) {
        switch (type, value) {
        case (.any, _), (.null, .null), (.string, .string), (.boolean, .bool): return
        case (.integer(let range), .integer(let number)) where range.contains(number): return
        case (.number(let range), _):
            if let number = value.numberValue, range.contains(number) { return }
        case (.choice(let choices), .string(let text)) where choices.contains(text): return
        case (.array(let element), .array(let values)):
            for (index, value) in values.enumerated() {
                try check(value, element, path: "\(path)[\(index)]")
            }
            return
        case (.map(let element), .object(let object)):
            for member in object.members {
                try check(member.value, element, path: "\(path).\(member.name)")
            }
            return
        case (.object(let members), .object(let object)):
            return try check(object, members, path: path)
        case (.openObject(let members), .object(let object)):
            return try check(object, members, isOpen: true, path: path)
        case (.either(let one, let other), _):
            if (try? check(value, one, path: path)) != nil { return }
            return try check(value, other, path: path)
        case (.named(_, let type), _): return try check(value, type, path: path)
        default: break
        }
        throw ControlError(.invalidParameters, "\(path) must be \(type.sentence)")
    }

    /// Checks an object: nothing unknown unless it is open, nothing missing, every type right.
    public func check(
        _ object: JSONObject, _ members: [Member], isOpen: Bool = false, path: String = ""
    ) throws(ControlError) {
        let prefix = path.isEmpty ? "" : "\(path)."
        let unknown = object.members.map(\.name).filter { name in
            !isOpen && !members.contains { $0.name == name }
        }
        guard unknown.isEmpty else {
            let known = members.map(\.name).joined(separator: ", ")
            throw ControlError(
                .invalidParameters,
                "unknown \(noun) \(unknown.map { "\(prefix)\($0)" }.joined(separator: ", ")); "
                    + "known are: \(known.isEmpty ? "none" : known)")
        }
        for member in members {
            let value = object[member.name]
            guard let value, !(nullIsAbsence && value.isNull) else {
                guard !member.isRequired else {
                    throw ControlError(
                        .invalidParameters, "\(noun) \(prefix)\(member.name) is missing")
                }
                continue
            }
            try check(value, member.type, path: "\(prefix)\(member.name)")
        }
    }
}
