import ArgumentParser
import JSON

struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a session.",
        discussion: """
            Example: parleyctl create loopback --name echo --option delayMs=500
            """)

    @Argument(help: "Id of the transport; parleyctl transports lists them.") var transport: String
    @Option(help: "A name that works wherever the session's id does.") var name: String?
    @Flag(help: "A program on audio.sock instead of microphone and speaker.") var stream = false
    @Option(help: "With --stream: samples a second, 8000, 16000, 24000 or 48000.") var rate: Int?
    @Option(help: "Microphone: name or pattern; again for the next best.") var source: [String] = []
    @Option(help: "Speaker, likewise.") var sink: [String] = []
    @Option(help: "auto, on or off.") var echoCancellation: String?
    @Option(
        help: ArgumentHelp(
            "An option of the plugin; the value is JSON or a string.", valueName: "key=value"))
    var option: [String] = []
    @Option(
        help: ArgumentHelp(
            "Realtime session config as a JSON object; - for standard input, @FILE for a file.",
            valueName: "json"))
    var config: String?
    @Flag(inversion: .prefixedNo, help: "Wait until the session is connected.") var wait = true
    @OptionGroup var gateway: GatewayOptions

    func validate() throws {
        if stream, !source.isEmpty || !sink.isEmpty || echoCancellation != nil {
            throw ValidationError("--stream takes no devices")
        }
        if !stream, rate != nil { throw ValidationError("--rate needs --stream") }
        for option in option where !option.contains("=") {
            throw ValidationError("--option \(option): write key=value")
        }
    }

    func run() throws {
        var parameters: JSONObject = ["transport": .string(transport), "wait": .bool(wait)]
        if let name { parameters["name"] = .string(name) }
        if let local { parameters["local"] = .object(local) }
        if !option.isEmpty { parameters["options"] = .object(options) }
        if let config {
            parameters["sessionConfig"] = .object(
                try JSONArgument.object(config, what: "--config"))
        }
        try gateway.call("sessions.create", parameters, timeout: nil) { answer in
            let session = answer["session"]?.stringValue ?? "session"
            return ["\(session) \(answer["state"]?.stringValue ?? "created")"]
        }
    }

    private var local: JSONObject? {
        if stream {
            var local: JSONObject = ["kind": "stream"]
            if let rate { local["rate"] = .integer(Int64(rate)) }
            return local
        }
        guard !source.isEmpty || !sink.isEmpty || echoCancellation != nil else { return nil }
        var local: JSONObject = ["kind": "devices"]
        if !source.isEmpty { local["source"] = .array(source.map { .string($0) }) }
        if !sink.isEmpty { local["sink"] = .array(sink.map { .string($0) }) }
        if let echoCancellation { local["echoCancellation"] = .string(echoCancellation) }
        return local
    }

    private var options: JSONObject {
        var options = JSONObject()
        for option in option {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            options[String(parts[0])] = JSONArgument.loose(String(parts[1]))
        }
        return options
    }
}
