import ArgumentParser
import Control
import JSON

struct Audio: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Carry raw PCM: standard input to the session, its sound to standard output.",
        discussion: """
            The format is told on standard error: signed 16 bit, little endian, mono. The end of the \
            input ends the input only; the sound goes on until the session is quiet. With --json the \
            format line is JSON.
            """)

    @Argument(help: "Id or name of the session, made with --stream.")
    var session: String
    @Flag(help: "Only listen; standard input is not read.") var listen = false
    @Flag(help: "Silence in the gaps, so that the output has no holes.") var continuous = false
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        var request: JSONObject = ["session": .string(session)]
        if listen { request["direction"] = "capture" }
        if continuous { request["continuous"] = true }
        let client = try connect(request)
        printError(gateway.json ? client.greeting.serialized() : describe(client.greeting))
        var pump = AudioPump(socket: client.socket, readsInput: !listen)
        try pump.run(first: client.first)
    }

    private func connect(_ request: JSONObject) throws(DaemonError) -> AudioClient {
        do throws(ControlClientError) {
            return try AudioClient(
                paths: GatewaySockets(option: gateway.socket).audioPaths, request: request)
        } catch {
            throw .gateway(error)
        }
    }

    private func describe(_ answer: JSONValue) -> String {
        let format = answer["format"]?.stringValue ?? "unknown format"
        let rate = answer["rate"]?.integerValue.map { ", \($0) Hz" } ?? ""
        let channels = answer["channels"]?.integerValue.map { ", \($0) channel" } ?? ""
        return format + rate + channels
    }
}
