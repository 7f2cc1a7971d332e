import JSON
import Testing

@testable import TransportHosting

@Suite struct OptionsSchemaTests {
    private static let text = """
        {"type":"object","properties":{
          "url":{"type":"string","description":"Where the peer is"},
          "rate":{"type":"integer","minimum":1,"maximum":10,"default":5},
          "gain":{"type":"number","default":1},
          "loud":{"type":"boolean"},
          "mode":{"type":"string","enum":["fast","slow"],"default":"fast"},
          "tags":{"type":"array","items":{"type":"string"}},
          "extra":{"type":"object"},
          "apiKey":{"type":"string","x-secret":true}},
         "required":["url","apiKey"]}
        """

    @Test func defaultsAreFilledInAndSecretsTakenOut() throws {
        let schema = try OptionsSchema(text: Self.text)
        let valid = try schema.validate(["url": "ws://x", "loud": true, "apiKey": "k", "gain": 2])
        #expect(
            valid.options == ["url": "ws://x", "rate": 5, "gain": 2, "loud": true, "mode": "fast"])
        #expect(valid.secrets == ["apiKey": "k"])
        #expect(schema.secretNames == ["apiKey"])
    }

    @Test(
        arguments: [
            ([:], "the option 'url' is missing"),
            (["url": 7], "the option 'url' must be a string"),
            (["url": "", "rate": 0], "the option 'rate' must be at least 1"),
            (["url": "", "rate": 11], "the option 'rate' must be at most 10"),
            (["url": "", "rate": 1.5], "the option 'rate' must be an integer"),
            (["url": "", "loud": "yes"], "the option 'loud' must be a boolean"),
            (["url": "", "mode": "odd"], "the option 'mode' must be one of \"fast\", \"slow\""),
            (["url": "", "tags": [1]], "the option 'tags' must be an array of string values"),
            (["url": "", "extra": []], "the option 'extra' must be an object"),
            (["url": "", "apiKey": 5], "the option 'apiKey' must be a string"),
            ([], "options must be an object"),
        ] as [(JSONValue, String)])
    func errorsNameTheKey(_ options: JSONValue, _ message: String) throws {
        let schema = try OptionsSchema(text: Self.text)
        #expect {
            try schema.validate(options)
        } throws: { error in
            "\(error)" == message
        }
    }

    @Test func anUnknownOptionIsNamedWithThoseThereAre() throws {
        let schema = try OptionsSchema(
            text: #"{"type":"object","properties":{"a":{"type":"string"}}}"#)
        #expect {
            try schema.validate(["b": 1])
        } throws: { error in
            "\(error)" == "there is no option 'b'; there are 'a'"
        }
        #expect(throws: OptionsError.self) { try OptionsSchema(text: nil).validate(["b": 1]) }
        #expect(try OptionsSchema(text: nil).validate([:]).options == [:])
    }

    @Test(arguments: [
        ("[]", "no object"),
        (#"{"type":"array"}"#, "must be \"object\""),
        (#"{"type":"object","anyOf":[]}"#, "'anyOf'"),
        (#"{"type":"object","additionalProperties":true}"#, "additionalProperties"),
        (#"{"type":"object","required":["x"]}"#, "names \"x\", which is no property"),
        (#"{"type":"object","properties":{"a":{}}}"#, "'a' needs a type"),
        (#"{"type":"object","properties":{"a":{"type":"string","pattern":"x"}}}"#, "'pattern'"),
        (#"{"type":"object","properties":{"a":{"type":"array"}}}"#, "needs items"),
        (#"{"type":"object","properties":{"a":{"type":"integer","default":"x"}}}"#, "the default"),
        (#"{"type":"object","properties":{"a":{"type":"integer","enum":["x"]}}}"#, "another type"),
        (
            #"{"type":"object","properties":{"a":{"type":"integer","x-secret":true}}}"#,
            "is a secret"
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"string","x-secret-for":"b"}}}"#,
            "whose secret"
        ),
        (#"{"type":"object","properties":{"a":{"type":"number","minimum":"x"}}}"#, "no number"),
    ])
    func aSchemaThatCannotBeCheckedIsRefused(_ text: String, _ message: String) {
        #expect {
            try OptionsSchema(text: text)
        } throws: { error in
            "\(error)".contains(message)
        }
    }
}
