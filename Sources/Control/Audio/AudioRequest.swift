import ControlProtocol
import JSON

/// What a program asks for on the audio socket, in its first line.
public struct AudioRequest: Sendable, Equatable {
    /// Id or name.
    public let session: String
    /// Only listens.
    public let isListener: Bool
    /// Wants silence in gaps.
    public let isContinuous: Bool

    init(line: [UInt8]) throws(ControlError) {
        let object: JSONObject
        do throws(JSONError) {
            guard let value = try JSONValue(parsing: line, maximumDepth: 4).objectValue else {
                throw JSONError.malformed(line: 1, column: 1, reason: "not an object")
            }
            object = value
        } catch {
            throw ControlError(.parse, "the first line must be {\"session\":\"...\"}: \(error)")
        }
        try ValueCheck.ofParameters.check(object, Self.parameters)
        session = object["session"]?.stringValue ?? ""
        isListener = object["direction"]?.stringValue == "capture"
        isContinuous = object["continuous"]?.boolValue ?? false
    }

    private static let parameters: [Member] = [
        .required("session", .string, "Id or name."),
        .optional("direction", .choice(["capture", "duplex"]), "capture only listens."),
        .optional("continuous", .boolean, "Silence in gaps."),
    ]
}
