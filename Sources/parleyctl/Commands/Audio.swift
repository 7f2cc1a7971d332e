import ArgumentParser
import Glibc
import JSON

struct Audio: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Carry raw PCM: standard input to the session, its sound to standard output.",
        discussion: """
            The format is told on standard error: signed 16 bit, little endian, mono. The end of the \
            input ends the input only; the sound goes on until the session is quiet. With --json the \
            format line is JSON.
            """)

    @Argument(help: "Id or name of the session, made with --stream; any session to only listen.")
    var session: String
    @Flag(help: "Only listen; standard input is not read.") var listen = false
    @Flag(help: "Silence in the gaps, so that the output has no holes.") var continuous = false
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        let socket = try UnixSocket(paths: GatewaySockets(option: gateway.socket).audioPaths)
        var request: JSONObject = ["session": .string(session)]
        if listen { request["direction"] = "capture" }
        if continuous { request["continuous"] = true }
        try socket.send(Array(JSONValue.object(request).serialized().utf8) + [UInt8(ascii: "\n")])
        var buffer: [UInt8] = []
        let answer = try greeting(socket, &buffer)
        printError(gateway.json ? answer.serialized() : describe(answer))
        var pump = AudioPump(socket: socket, readsInput: !listen)
        try pump.run(first: buffer)
    }

    /// The gateway's line; what comes behind it stays in `buffer`.
    private func greeting(
        _ socket: UnixSocket, _ buffer: inout [UInt8]
    ) throws(DaemonError) -> JSONValue {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = buffer[..<end]
                let parsed = try? JSONValue(parsing: line)
                buffer.removeSubrange(...end)
                guard let answer = parsed else { throw .broken("what it says is not JSON") }
                if let error = answer["error"] {
                    throw .refused(
                        code: error["code"]?.stringValue ?? error["data"]?["code"]?.stringValue,
                        message: error["message"]?.stringValue ?? error.serialized())
                }
                return answer
            }
            guard buffer.count < 65_536, try socket.receive(into: &buffer) else {
                throw .broken("no format came")
            }
        }
    }

    private func describe(_ answer: JSONValue) -> String {
        let format = answer["format"]?.stringValue ?? "unknown format"
        let rate = answer["rate"]?.integerValue.map { ", \($0) Hz" } ?? ""
        let channels = answer["channels"]?.integerValue.map { ", \($0) channel" } ?? ""
        return format + rate + channels
    }
}
