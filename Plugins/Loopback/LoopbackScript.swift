import ParleyTransport

/// What the fake peer does by itself: steps that a trigger sets off, in the order in which they are
/// written.
///
/// ```json
/// {"steps": [
///   {"on": "connected", "afterMs": 500, "say": {"text": "Good morning", "ms": 900}},
///   {"on": "message", "functionCall": {"name": "lookup", "arguments": {"city": "Oslo"}}},
///   {"on": "function_output", "say": {"text": "It rains"}},
///   {"on": "audio", "afterMs": 200, "interrupt": "speech", "times": 1}
/// ]}
/// ```
struct LoopbackScript {
    enum Trigger: String {
        case connected
        case message
        case response
        case interrupt
        /// The first sound of the microphone on a connection.
        case audio
        case functionOutput = "function_output"
        case commit
        case dtmf
    }

    enum Action: Equatable {
        /// A typed event: `{"type": "...", ...}`, the other members are its data.
        case event(type: String, data: JSONObject)
        /// A raw event of the peer.
        case raw(JSONObject)
        case say(text: String, ms: Int?)
        case interrupt(InterruptCause)
        case functionCall(name: String, arguments: String, callID: String?)
        case mcpApproval(serverLabel: String, name: String, arguments: JSONValue)
        case dtmf(String)
        case error(code: String, message: String)
        case disconnect(LoopbackOptions.Retry, reason: String?)
    }

    struct Step: Equatable {
        var on: Trigger
        var afterMs: UInt64
        /// nil: each time.
        var times: Int?
        var action: Action
    }

    static let stepsMax = 1000
    var steps: [Step] = []

    init() {}

    init(_ value: JSONValue) throws(TransportError) {
        guard let object = value.objectValue, let list = object["steps"]?.arrayValue,
            object.count == 1
        else { throw OptionReader.fault("script", "must be {\"steps\": [...]}") }
        guard list.count <= Self.stepsMax else {
            throw OptionReader.fault("script", "has more than \(Self.stepsMax) steps")
        }
        for (index, entry) in list.enumerated() {
            steps.append(try ScriptStepReader(index: index).step(entry))
        }
    }

    /// Whether steps on `trigger` take the place of what the peer does on its own.
    func replaces(_ trigger: Trigger) -> Bool { steps.contains { $0.on == trigger } }
}

/// Reads one step; an error names its place in the list.
struct ScriptStepReader {
    let index: Int

    private func fault(_ what: String) -> TransportError {
        OptionReader.fault("script", "step \(index): \(what)")
    }

    func step(_ value: JSONValue) throws(TransportError) -> LoopbackScript.Step {
        guard let object = value.objectValue else { throw fault("must be an object") }
        guard let word = object["on"]?.stringValue,
            let trigger = LoopbackScript.Trigger(rawValue: word)
        else {
            throw fault(
                "'on' must be connected, message, response, interrupt, audio, function_output, "
                    + "commit or dtmf")
        }
        let afterMs = try wholeNumber(object, "afterMs", 0...86_400_000) ?? 0
        let times = try wholeNumber(object, "times", 1...1_000_000)
        let others = object.members.filter { !["on", "afterMs", "times"].contains($0.name) }
        guard others.count == 1, let (name, argument) = others.first else {
            throw fault("needs exactly one action beside 'on', 'afterMs' and 'times'")
        }
        return LoopbackScript.Step(
            on: trigger, afterMs: UInt64(afterMs), times: times, action: try action(name, argument))
    }

    private func wholeNumber(
        _ object: JSONObject, _ name: String, _ range: ClosedRange<Int>
    ) throws(TransportError) -> Int? {
        guard let value = object[name] else { return nil }
        guard let number = value.integerValue, range.contains(Int(number)) else {
            throw fault(
                "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(number)
    }

    private func action(
        _ name: String, _ argument: JSONValue
    ) throws(TransportError) -> LoopbackScript.Action {
        switch name {
        case "event":
            guard var data = argument.objectValue, let type = data["type"]?.stringValue else {
                throw fault("'event' must be an object with a type")
            }
            data["type"] = nil
            return .event(type: type, data: data)
        case "raw":
            guard let data = argument.objectValue else { throw fault("'raw' must be an object") }
            return .raw(data)
        case "say":
            guard let text = argument["text"]?.stringValue ?? argument.stringValue else {
                throw fault("'say' must be a text or {text, ms}")
            }
            let ms = try wholeNumber(argument.objectValue ?? [:], "ms", 1...600_000)
            return .say(text: text, ms: ms)
        case "interrupt":
            switch argument {
            case "speech", true: return .interrupt(.speech)
            case "peer": return .interrupt(.peer)
            default: throw fault("'interrupt' must be \"speech\" or \"peer\"")
            }
        case "functionCall", "mcpApproval": return try call(name, argument)
        case "dtmf":
            guard let digits = argument.stringValue else { throw fault("'dtmf' must be a string") }
            return .dtmf(digits)
        case "error":
            return .error(
                code: argument["code"]?.stringValue ?? "scripted",
                message: argument["message"]?.stringValue ?? "an error of the script")
        case "disconnect":
            let word = argument["retry"]?.stringValue ?? "now"
            guard argument.objectValue != nil, let retry = LoopbackOptions.Retry(rawValue: word)
            else {
                throw fault("'disconnect' must be {retry, reason} with now, later, never or ended")
            }
            return .disconnect(retry, reason: argument["reason"]?.stringValue)
        default: throw fault("has no action '\(name)'")
        }
    }

    private func call(
        _ kind: String, _ argument: JSONValue
    ) throws(TransportError) -> LoopbackScript.Action {
        guard let name = argument["name"]?.stringValue else {
            throw fault("'\(kind)' needs a name")
        }
        let arguments = argument["arguments"] ?? [:]
        if kind == "mcpApproval" {
            return .mcpApproval(
                serverLabel: argument["serverLabel"]?.stringValue ?? "loopback", name: name,
                arguments: arguments)
        }
        return .functionCall(
            name: name, arguments: arguments.stringValue ?? arguments.serialized(),
            callID: argument["callId"]?.stringValue)
    }
}
