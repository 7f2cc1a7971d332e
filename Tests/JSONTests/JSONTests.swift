import JSON
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"b":1,"a":[true,null,-2.5,"x"]}"#, #""\"\\\n\u0000""#, "9223372036854775807", "[]", "{}",
        "1e+300", "0.1",
    ])
    func `A text comes back as it was, members in order`(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(value.serialized() == text)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{} {}", #"{"a":1,"a":2}"#, "nul", "1e999", #""\ud800""#, "'a'", "01",
    ])
    func `What is not JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func `Bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xED, 0xA0, 0x80, 0x22]) }
    }

    @Test func `Depth is bounded before anything recurses`() throws {
        let hostile = String(repeating: "[", count: 1_000_000)
        #expect(throws: JSONError.tooDeep(maximum: 64)) { try JSONValue(parsing: hostile) }
        let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
        #expect(throws: JSONError.tooDeep(maximum: 64)) { try JSONValue(parsing: nested(65)) }
        let quoted = "\"" + hostile + "\""
        #expect(try JSONValue(parsing: quoted).stringValue?.count == 1_000_000)
    }

    @Test func `Integers beyond 64 bits become numbers, and leave their neighbours exact`() throws {
        let value = try JSONValue(
            parsing:
                #"[9223372036854775808,-9223372036854775808,1152921504606846977,"9223372036854775808"]"#
        )
        #expect(
            value == [
                .number(9_223_372_036_854_775_808), .integer(.min), 1_152_921_504_606_846_977,
                "9223372036854775808",
            ])
    }

    @Test func `Objects are equal whatever the order, and hash so`() throws {
        let one = try JSONValue(parsing: #"{"a":1,"b":2}"#)
        let other = try JSONValue(parsing: #"{"b":2,"a":1}"#)
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one.serialized() != other.serialized())
    }

    @Test func `Setting nil removes a member`() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = nil
        object["c"] = 3
        #expect(object.members.map(\.name) == ["b", "c"])
    }
}
