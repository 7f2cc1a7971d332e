import Glibc
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

    @Test
    func `Objects with many members are merged, compared and hashed without a search for each`()
        throws
    {
        let small = try Self.object(members: 5_000)
        let large = try Self.object(members: 20_000)
        func cost(_ object: JSONObject) -> UInt64 {
            (0..<5).map { _ in
                let before = Self.threadNs
                let merged = object.merging(object)
                let isSame = merged == object && merged.hashValue == object.hashValue
                let copy = JSONObject(object.members.map { ($0.name, $0.value) })
                let cost = Self.threadNs - before
                #expect(isSame && copy.count == object.count)
                return cost
            }.min() ?? 0
        }
        let few = cost(small)
        let many = cost(large)
        #expect(many < few * 10, "\(few) ns, then \(many) ns")
    }

    @Test func `What is merged replaces its like and keeps the order`() {
        let one: JSONObject = ["a": 1, "b": 2]
        let merged = one.merging(["c": 3, "a": 4])
        #expect(JSONValue.object(merged).serialized() == #"{"a":4,"b":2,"c":3}"#)
    }

    /// Strings are equal when they mean the same text; names are not when their bytes differ.
    @Test func `Names that are equal as text and differ in bytes do no harm`() throws {
        let names = (0..<40).map { "\"m\($0)\":0" }.joined(separator: ",")
        let text = "{\"\u{e9}\":1,\"e\u{301}\":2,\(names)}"
        let value = try JSONValue(parsing: text)
        #expect(value == value)
        let shuffled = JSONValue.object(
            JSONObject(value.objectValue?.members.reversed().map { ($0.name, $0.value) } ?? []))
        #expect(shuffled != value)
        #expect(value.objectValue?.merging(value.objectValue ?? [:]).count == 42)
    }

    @Test(arguments: [
        "[]", #"{"a":[1,2.5e300,null,true],"b":{"c":"\u0001\"\\"}}"#, "-9223372036854775808",
        #"["\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000"]"#,
    ])
    func `A footprint is no less than the text`(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(value.footprint >= value.serialized().utf8.count)
    }

    private static func object(members: Int) throws -> JSONObject {
        let text = (0..<members).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        return try #require(try JSONValue(parsing: "{\(text)}").objectValue)
    }

    /// The time of this thread's own work: others on the machine do not count.
    private static var threadNs: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test func `Setting nil removes a member`() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = nil
        object["c"] = 3
        #expect(object.members.map(\.name) == ["b", "c"])
    }
}
