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
        let socket = try UnixSocket(paths: SocketLocation(option: gateway.socket).audioPaths)
        var request: JSONObject = ["session": .string(session)]
        if listen { request["direction"] = "capture" }
        if continuous { request["continuous"] = true }
        try socket.send(Array(JSONValue.object(request).serialized().utf8) + [UInt8(ascii: "\n")])
        var buffer: [UInt8] = []
        let answer = try greeting(socket, &buffer)
        printError(gateway.json ? answer.serialized() : describe(answer))
        try AudioPump(socket: socket, readsInput: !listen).run(first: buffer)
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

/// Moves bytes both ways until the session ends.
private struct AudioPump {
    let socket: UnixSocket
    let readsInput: Bool

    func run(first: [UInt8]) throws(DaemonError) {
        signal(SIGPIPE, SIG_IGN)
        try write(first[...])
        var inputIsOpen = readsInput
        while true {
            var waits = [
                pollfd(fd: socket.fd, events: Int16(POLLIN), revents: 0),
                pollfd(fd: inputIsOpen ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waits, 2, -1) >= 0 || errno == EINTR else {
                throw .failed(String(cString: strerror(errno)))
            }
            if waits[0].revents != 0 {
                var chunk: [UInt8] = []
                guard try socket.receive(into: &chunk) else { return }
                try write(chunk[...])
            }
            if waits[1].revents != 0 { inputIsOpen = try pass() }
        }
    }

    /// Moves what the input has; false at its end, which the session is told.
    private func pass() throws(DaemonError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4_096)
        let count = read(STDIN_FILENO, &chunk, chunk.count)
        guard count > 0 else {
            shutdown(socket.fd, CInt(SHUT_WR))
            return false
        }
        try socket.send(Array(chunk[..<count]))
        return true
    }

    private func write(_ bytes: ArraySlice<UInt8>) throws(DaemonError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw .failed("standard output can't be written: \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
    }
}
