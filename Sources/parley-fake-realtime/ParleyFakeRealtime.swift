import ArgumentParser
import EventLoop
import FakeRealtime
import Glibc
import WebSocket

/// A server that speaks the OpenAI Realtime protocol without a model behind it.
@main
struct ParleyFakeRealtime: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parley-fake-realtime",
        abstract: "A fake OpenAI Realtime server on a loopback address.",
        discussion: """
            Prints one line, its URL, when it listens. It detects speech in real audio, answers with a
            synthetic voice faster than real time, calls functions, and misbehaves on demand. Options can
            also be given for one connection in the URL: ?fake_NAME=VALUE. They are documented in
            docs/FakeRealtime.md.
            """)

    @Option(help: "Port to listen on; 0 lets the system choose.")
    var port: UInt16 = 0

    @Option(help: "PEM file with the certificate and its chain: wss instead of ws.")
    var certificate: String?

    @Option(help: "PEM file with the certificate's key.")
    var key: String?

    @Option(help: "Newest TLS version, as 1.1 or 1.2.")
    var tlsMaximum: String?

    @Option(name: .customLong("option"), help: "How it behaves: NAME=VALUE; repeatable.")
    var options: [String] = []

    @Option(help: "File that gets every event as a JSON line.")
    var transcript: String?

    @Option(help: "File that gets the sound of all clients, raw, in their format.")
    var sound: String?

    @Flag(help: "Show every event on standard error.")
    var verbose = false

    func validate() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--certificate and --key belong together")
        }
        _ = try behaviour()
        _ = try maximumVersion()
    }

    private func behaviour() throws -> FakeOptions {
        var behaviour = FakeOptions()
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, behaviour.set(parts[0], parts[1]) else {
                throw ValidationError("--option \(option): no such name, or no value for it")
            }
        }
        return behaviour
    }

    private func maximumVersion() throws -> CInt? {
        switch tlsMaximum {
        case nil: nil
        case "1.0": 0x0301
        case "1.1": 0x0302
        case "1.2": 0x0303
        case "1.3": 0x0304
        default: throw ValidationError("--tls-maximum must be 1.0 to 1.3")
        }
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let behaviour = try behaviour()
        let version = try maximumVersion()
        let status = LoopActor.bootstrap { () -> CInt in
            do {
                let tls: TLSContext? =
                    if let certificate, let key {
                        try TLSContext(certificate: certificate, key: key, maximumVersion: version)
                    } else { nil }
                let server = try FakeServer(
                    port: port, tls: tls, options: behaviour,
                    transcript: try Transcript(
                        path: transcript, soundPath: sound, showsEverything: verbose))
                let signals = SignalSource([SIGTERM, SIGINT]) { _ in EventLoop.shared.stop() }
                let scheme = tls == nil ? "ws" : "wss"
                Transcript.write(1, "\(scheme)://127.0.0.1:\(server.port)/v1/realtime\n")
                EventLoop.shared.run()
                withExtendedLifetime((server, signals)) {}
                return 0
            } catch {
                Transcript.write(2, "parley-fake-realtime: \(error)\n")
                return 1
            }
        }
        if status != 0 { throw ExitCode(status) }
    }
}
