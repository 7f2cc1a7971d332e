import JSON

/// The same figures as `gateway.metrics` answers them.
extension MetricCollection {
    public var json: JSONValue {
        let described: [JSONValue] = families.compactMap { family, samples in
            guard !samples.isEmpty else { return nil }
            var object: JSONObject = [
                "name": .string(family.name), "type": .string(family.kind.rawValue),
            ]
            if let unit = family.unit { object["unit"] = .string(unit.rawValue) }
            object["help"] = .string(family.help)
            object["samples"] = .array(samples.map(\.json))
            return .object(object)
        }
        return ["families": .array(described)]
    }
}

extension MetricSample {
    fileprivate var json: JSONValue {
        var object: JSONObject = ["name": .string(name)]
        if !labels.isEmpty {
            object["labels"] = .object(JSONObject(labels.map { ($0.name, .string($0.value)) }))
        }
        switch value {
        case .integer(let count): object["value"] = .integer(count)
        // JSON knows no others.
        case .real(let number): object["value"] = number.isFinite ? .number(number) : .null
        }
        return .object(object)
    }
}
