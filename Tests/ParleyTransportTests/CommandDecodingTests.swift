import JSON
import ParleyTransport
import Testing

@Suite struct CommandDecodingTests {
    static let good: [(String, JSONObject, TransportCommand)] = [
        ("sendEvent", ["event": ["type": "x"]], .sendEvent(["type": "x"])),
        ("sendMessage", ["message": "hi"], .sendMessage(UserMessage("hi"))),
        (
            "sendMessage",
            ["message": ["content": []], "otherEventData": ["a": 1], "triggerResponse": false],
            .sendMessage(
                UserMessage(["content": []], otherEventData: ["a": 1], triggerResponse: false))
        ),
        ("addImage", ["image": "data:"], .addImage(image: "data:", triggerResponse: true)),
        ("requestResponse", [:], .requestResponse(nil)),
        ("requestResponse", ["response": nil], .requestResponse(nil)),
        ("requestResponse", ["response": ["a": 1]], .requestResponse(["a": 1])),
        ("updateSessionConfig", ["config": ["a": 1]], .updateSessionConfig(["a": 1])),
        ("mute", ["muted": true], .mute(true)),
        (
            "sendFunctionCallOutput", ["callId": "c", "output": "o"],
            .sendFunctionCallOutput(FunctionCallOutput(callID: "c", output: "o"))
        ),
        (
            "sendFunctionCallOutput", ["callId": "c", "output": ["a": 1], "startResponse": false],
            .sendFunctionCallOutput(
                FunctionCallOutput(callID: "c", output: #"{"a":1}"#, startResponse: false))
        ),
        ("interrupt", [:], .interrupt),
        ("resetHistory", ["history": [["itemId": "i"]]], .resetHistory([["itemId": "i"]])),
        (
            "sendMcpResponse", ["approvalRequestId": "a", "approved": false, "reason": "no"],
            .sendMCPResponse(MCPResponse(approvalRequestID: "a", approved: false, reason: "no"))
        ),
        ("commitAudio", [:], .commitAudio),
        ("clearAudio", [:], .clearAudio),
        ("sendDtmf", ["digits": "12*#,A"], .sendDTMF("12*#,A")),
    ]

    @Test(arguments: good.indices)
    func `arguments become a typed command`(index: Int) throws {
        let (name, arguments, command) = Self.good[index]
        #expect(try TransportCommand(name: name, arguments: arguments) == command)
    }

    static let bad: [(String, JSONObject, String)] = [
        ("sendEvent", [:], "sendEvent: 'event' is missing"),
        ("sendEvent", ["event": 1], "sendEvent: 'event' must be an object"),
        ("sendMessage", ["message": 5], "sendMessage: 'message' must be a string or an object"),
        (
            "sendMessage", ["message": "x", "triggerResponse": "yes"],
            "sendMessage: 'triggerResponse' must be true or false"
        ),
        ("mute", [:], "mute: 'muted' is missing"),
        ("resetHistory", ["history": [:]], "resetHistory: 'history' must be an array"),
        ("sendDtmf", ["digits": "12x"], "sendDtmf: 'digits' must be 1 to 256 of 0-9, A-D, * and #"),
        ("sendDtmf", ["digits": ""], "sendDtmf: 'digits' must be 1 to 256 of 0-9, A-D, * and #"),
        ("sendMcpResponse", ["approved": true], "sendMcpResponse: 'approvalRequestId' is missing"),
        ("dance", [:], "this transport has no dance"),
    ]

    @Test(arguments: bad.indices)
    func `bad arguments are refused by name`(index: Int) {
        let (name, arguments, message) = Self.bad[index]
        #expect {
            _ = try TransportCommand(name: name, arguments: arguments)
        } throws: { error in
            (error as? TransportError)?.message == message
        }
    }
}
