import ArgumentParser
import JSON

/// What every command takes.
struct GatewayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Socket of the gateway, or the directory of its sockets.", valueName: "path"))
    var socket: String?

    @Flag(help: "Print the answer as JSON, one line.")
    var json = false

    func connect() throws(DaemonError) -> DaemonConnection {
        try DaemonConnection(to: SocketLocation(option: socket))
    }

    /// Calls one method and prints the answer: as JSON if that was asked for, else as `describe`
    /// writes it.
    func call(
        _ method: String, _ parameters: JSONObject = [:],
        describe: (JSONValue) -> [String] = { _ in [] }
    ) throws(DaemonError) {
        let connection = try connect()
        let answer = try connection.call(method, parameters)
        if json {
            print(answer.serialized())
        } else {
            for line in describe(answer) { print(line) }
        }
    }
}
