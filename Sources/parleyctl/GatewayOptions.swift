import ArgumentParser
import Control
import JSON

/// What every command takes.
struct GatewayOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Socket of the gateway, or the directory of its sockets.", valueName: "path"))
    var socket: String?

    @Flag(help: "Print the answer as JSON, one line.")
    var json = false

    func connect() throws(DaemonError) -> ControlClient {
        do throws(ControlClientError) {
            return try ControlClient(paths: GatewaySockets(option: socket).controlPaths)
        } catch {
            throw .gateway(error)
        }
    }

    /// Calls one method and prints the answer: as JSON if that was asked for, else as `describe`
    /// writes it.
    ///
    /// - Parameter timeout: nil for what may take as long as it wants.
    func call(
        _ method: String, _ parameters: JSONObject = [:], timeout: Duration? = .seconds(60),
        describe: (JSONValue) -> [String] = { _ in [] }
    ) throws(DaemonError) {
        let client = try connect()
        let answer = try client.answer(method, parameters, timeout: timeout)
        if json {
            print(answer.serialized())
        } else {
            for line in describe(answer) { print(line) }
        }
    }
}

extension ControlClient {
    /// As ``call(_:_:timeout:)``, with the errors that end this program.
    func answer(
        _ method: String, _ parameters: JSONObject = [:], timeout: Duration? = .seconds(60)
    ) throws(DaemonError) -> JSONValue {
        do throws(ControlClientError) {
            return try call(method, parameters, timeout: timeout)
        } catch {
            throw .gateway(error)
        }
    }
}
