import JSON

/// A program's side of the audio socket, up to where the samples begin. One thread at a time.
public struct AudioClient {
    public let socket: ClientSocket
    /// The daemon's line: format, rate, channels.
    public let greeting: JSONValue
    /// Samples that came with that line.
    public let first: [UInt8]

    private static var longestGreeting: Int { 65_536 }

    /// Connects to the first of `paths` that answers, and asks for a session.
    public init(paths: [String], request: JSONObject) throws(ControlClientError) {
        let socket = try ClientSocket(paths: paths)
        try socket.sendRequest(
            Array(JSONValue.object(request).serialized().utf8) + [UInt8(ascii: "\n")])
        var bytes: [UInt8] = []
        var end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        while end == nil {
            guard bytes.count < Self.longestGreeting else { throw .malformed("no line came") }
            guard try socket.receive(into: &bytes) else { throw .connectionLost }
            end = bytes.firstIndex(of: UInt8(ascii: "\n"))
        }
        let line = bytes[..<(end ?? 0)]
        let greeting: JSONValue
        do throws(JSONError) {
            greeting = try JSONValue(parsing: line)
        } catch {
            throw .malformed("\(error)")
        }
        if let error = greeting["error"] { throw .init(refusal: error) }
        self.socket = socket
        self.greeting = greeting
        first = Array(bytes.dropFirst(line.count + 1))
    }
}
