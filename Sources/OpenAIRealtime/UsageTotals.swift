import JSON
import ParleyTransport

extension Usage {
    /// The usage of a `response.done`; nil when there is none. Counts that are missing or nonsense
    /// are 0.
    init?(wire: JSONValue?) {
        guard let object = wire?.objectValue else { return nil }
        let input = Self.count(object["input_tokens"]) ?? 0
        let output = Self.count(object["output_tokens"]) ?? 0
        self.init(
            inputTokens: input, outputTokens: output,
            totalTokens: Self.count(object["total_tokens"]),
            inputDetails: Self.details(object["input_token_details"]),
            outputDetails: Self.details(object["output_token_details"]))
    }

    static let countMax: Int64 = 1 << 40

    private static func count(_ value: JSONValue?) -> Int? {
        value?.integerValue.flatMap { 0...countMax ~= $0 ? Int($0) : nil }
    }

    /// Counts by kind in camelCase, those of cached tokens one level down.
    private static func details(_ value: JSONValue?) -> JSONObject {
        var details = JSONObject()
        for (name, value) in value?.objectValue?.members ?? [] {
            let camel = CaseStyle.camel(name)
            if let count = count(value) {
                details[camel] = .integer(Int64(count))
            } else if value.objectValue != nil {
                let inner = Self.details(value)
                if !inner.isEmpty { details[camel] = .object(inner) }
            }
        }
        return details
    }
}

/// What the session took so far, by kind.
struct UsageTotals: Sendable {
    private(set) var responseCount = 0
    private var input = 0
    private var output = 0
    private var inputKinds: [String: Int] = [:]
    private var outputKinds: [String: Int] = [:]

    mutating func add(_ usage: Usage) {
        responseCount += 1
        input += usage.inputTokens
        output += usage.outputTokens
        Self.add(usage.inputDetails, to: &inputKinds)
        Self.add(usage.outputDetails, to: &outputKinds)
    }

    private static func add(_ details: JSONObject, to kinds: inout [String: Int]) {
        for (name, value) in details.members {
            if let count = value.integerValue { kinds[name, default: 0] += Int(count) }
        }
    }

    var json: JSONValue {
        [
            "responses": .integer(Int64(responseCount)), "inputTokens": .integer(Int64(input)),
            "outputTokens": .integer(Int64(output)),
            "inputTokensDetails": Self.json(inputKinds),
            "outputTokensDetails": Self.json(outputKinds),
        ]
    }

    private static func json(_ kinds: [String: Int]) -> JSONValue {
        .object(
            JSONObject(
                kinds.sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) }))
    }
}
