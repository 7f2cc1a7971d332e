import ControlProtocol
import JSON
import Testing

/// `rpc.discover` against the OpenRPC specification 1.3.2.
@Suite struct DiscoverTests {
    private let document = OpenRPC.document(version: "1.2.3")
    private var methods: [JSONValue] { document["methods"]?.arrayValue ?? [] }

    @Test func `The document has what OpenRPC requires, and no member that it does not know`() {
        #expect(document["openrpc"] == "1.3.2")
        #expect(document["info"]?["title"]?.stringValue?.isEmpty == false)
        #expect(document["info"]?["version"] == "1.2.3")
        #expect(Self.unknown(document, ["openrpc", "info", "methods", "components"]) == [])
        #expect(methods.compactMap { $0["name"]?.stringValue } == ControlMethod.all.map(\.name))
    }

    @Test func `Every method has named parameters, a result and errors`() throws {
        for method in methods {
            let name = method["name"]?.stringValue ?? ""
            #expect(method["paramStructure"] == "by-name")
            #expect(
                Self.unknown(
                    method, ["name", "summary", "paramStructure", "params", "result", "errors"])
                    == [], "\(name)")
            let parameters = try #require(method["params"]?.arrayValue)
            let names = parameters.compactMap { $0["name"]?.stringValue }
            #expect(names.count == parameters.count && Set(names).count == names.count, "\(name)")
            for descriptor in parameters + [try #require(method["result"])] {
                #expect(descriptor["name"]?.stringValue?.isEmpty == false, "\(name)")
                #expect(descriptor["required"]?.boolValue != nil, "\(name)")
                #expect(descriptor["schema"]?.objectValue?.isEmpty == false, "\(name)")
                #expect(
                    Self.unknown(descriptor, ["name", "description", "required", "schema"]) == [])
            }
            let errors = try #require(method["errors"]?.arrayValue)
            #expect(errors.count >= 3, "\(name)")
            #expect(Set(errors).count == errors.count, "\(name)")
        }
    }

    @Test func `Every reference leads somewhere, and every component is used`() {
        let references = Self.references(in: document)
        for kind in ["schemas", "errors"] {
            let components = document["components"]?[kind]?.objectValue?.members.map(\.name) ?? []
            let prefix = "#/components/\(kind)/"
            let used = references.filter { $0.hasPrefix(prefix) }.map {
                String($0.dropFirst(prefix.count))
            }
            #expect(Set(used) == Set(components))
        }
        #expect(references.allSatisfy { $0.hasPrefix("#/components/") })
    }

    @Test func `Every error has a number and a sentence, and those of methods their stable word`()
        throws
    {
        let errors = try #require(document["components"]?["errors"]?.objectValue)
        for error in errors.members {
            #expect(error.value["code"]?.integerValue != nil)
            #expect(error.value["message"]?.stringValue?.isEmpty == false)
            if error.value["code"] == -32_000 {
                #expect(error.value["data"]?["code"] == .string(error.name))
            }
        }
        for code in ControlMethod.all.flatMap(\.refusals) {
            #expect(errors[code.rawValue] != nil)
        }
    }

    @Test func `Every event type has its data`() throws {
        let events = try #require(document["x-events"]?.objectValue)
        #expect(events.members.map(\.name) == EventType.allCases.map(\.rawValue))
        for event in events.members {
            #expect(event.value["schema"]?.objectValue?.isEmpty == false, "\(event.name)")
        }
    }

    @Test func `What is declared is held against answers to the letter`() {
        let type = ValueType.object([
            .required("state", .choice(["away", "connected"]), ""),
            .optional("count", .count, ""),
            .required("format", .optional(.object([.required("rate", .count, "")])), ""),
        ])
        let fitting: [JSONValue] = [
            ["state": "away", "format": nil],
            ["state": "connected", "count": 3, "format": ["rate": 8_000]],
        ]
        for value in fitting { #expect(Self.fault(value, type) == nil) }
        let others: [(JSONValue, String)] = [
            (["state": "away"], "member it.format is missing"),
            (["state": "gone", "format": nil], "it.state must be one of \"away\", \"connected\""),
            (["state": "away", "format": nil, "count": -1], "it.count must be an integer from 0"),
            (
                ["state": "away", "format": nil, "count": nil],
                "it.count must be an integer from 0"
            ),
            (
                ["state": "away", "format": nil, "more": 1],
                "unknown member it.more; known are: state, count, format"
            ),
        ]
        for (value, message) in others { #expect(Self.fault(value, type) == message) }
        #expect(Self.fault(["more": 1], .openObject([])) == nil)
        #expect(Self.fault(["a": 1, "b": 2], .map(.count)) == nil)
        #expect(Self.fault(["a": "x"], .map(.count)) == "it.a must be an integer from 0")
    }

    private static func fault(_ value: JSONValue, _ type: ValueType) -> String? {
        do throws(ControlError) {
            try ValueCheck.ofAnswers.check(value, type, path: "it")
            return nil
        } catch {
            return error.message
        }
    }

    /// Extensions begin with `x-`.
    private static func unknown(_ object: JSONValue, _ known: Set<String>) -> [String] {
        (object.objectValue?.members ?? []).map(\.name).filter {
            !known.contains($0) && !$0.hasPrefix("x-")
        }
    }

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .object(let object):
            object.members.flatMap { member in
                member.name == "$ref"
                    ? [member.value.stringValue ?? ""] : references(in: member.value)
            }
        case .array(let values): values.flatMap(references)
        default: []
        }
    }
}
