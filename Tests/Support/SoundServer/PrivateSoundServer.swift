import Foundation
import Glibc

/// A sound server of the test's own: real PulseAudio or real PipeWire, with null devices, in a
/// directory of its own. Ends with the object, and with the test's process however that dies.
///
/// `speaker` is a null sink: `speaker.monitor` is what a listener in the room would hear.
/// `microphone` is a source that hears the null sink `room`: play into `room` what the microphone
/// shall hear.
public final class PrivateSoundServer: @unchecked Sendable {
    public enum Flavour: String, Sendable, CaseIterable {
        case pulseAudio, pipeWire
    }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let flavour: Flavour
    /// Private runtime directory.
    public let directory: String
    public var socketPath: String { "\(directory)/pulse/native" }
    private let modules: [[String]]
    private var processes: ProcessGroup?

    /// Makes the directory; ``start()`` starts the server.
    /// - Parameters:
    ///   - sinks: null sinks that play into nothing.
    ///   - microphone: name of a source; nil for none. It hears the null sink `room`.
    public init(
        _ flavour: Flavour = .pulseAudio, sinks: [String] = ["speaker"],
        microphone: String? = "microphone"
    ) throws {
        self.flavour = flavour
        var template = Array("/tmp/parley-sound-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(description: "mkdtemp failed, errno \(errno)")
        }
        directory = template.withUnsafeBufferPointer {
            $0.baseAddress.map { String(cString: $0) } ?? ""
        }
        var modules = sinks.map { ["module-null-sink", "sink_name=\($0)", "rate=48000"] }
        if let microphone {
            // Without rewinds PulseAudio's null sink does not start two seconds ahead of its
            // monitor.
            let room = ["module-null-sink", "sink_name=room", "rate=48000"]
            modules.append(flavour == .pulseAudio ? room + ["norewinds=1"] : room)
            modules.append([
                "module-remap-source", "master=room.monitor", "source_name=\(microphone)",
                "source_properties=device.description=\(microphone)",
            ])
        }
        self.modules = modules
    }

    /// A running server.
    public static func start(
        _ flavour: Flavour = .pulseAudio, sinks: [String] = ["speaker"],
        microphone: String? = "microphone"
    ) throws -> PrivateSoundServer {
        let server = try PrivateSoundServer(flavour, sinks: sinks, microphone: microphone)
        try server.start()
        return server
    }

    deinit {
        kill9()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// For programs that shall use this server: `parleyd`, `pactl`.
    public var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["PULSE_SERVER"] = "unix:\(socketPath)"
        return environment.merging(privateEnvironment) { $1 }
    }

    private var privateEnvironment: [String: String] {
        [
            "XDG_RUNTIME_DIR": directory, "PIPEWIRE_RUNTIME_DIR": directory, "HOME": directory,
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=\(directory)/bus",
            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=\(directory)/bus",
            "PULSE_RUNTIME_PATH": "\(directory)/pulse",
        ]
    }

    // MARK: Life

    /// Starts the server and waits until it serves with all its devices.
    public func start() throws {
        precondition(processes == nil, "the server runs already")
        try FileManager.default.createDirectory(
            atPath: "\(directory)/pulse", withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        var environment = ProcessInfo.processInfo.environment
        environment.merge(privateEnvironment) { $1 }
        switch flavour {
        case .pulseAudio:
            // A server that was killed leaves its socket; the next one replaces it.
            var command = [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                "--use-pid-file=no", "--disable-shm=no", "--log-target=file:\(directory)/log",
                "--load=module-native-protocol-unix socket=\(socketPath) auth-anonymous=1",
            ]
            // The socket last, so that who connects finds the devices.
            let socket = command.removeLast()
            command.append("--load=module-cli-protocol-unix socket=\(directory)/cli")
            command += modules.map { "--load=" + $0.joined(separator: " ") } + [socket]
            processes = try ProcessGroup([command], awaiting: [""], environment: environment)
            try waitUntilServing()
        case .pipeWire:
            for stale in ["bus", "pipewire-0"] { unlink("\(directory)/\(stale)") }
            try keepBluetoothOut()
            // WirePlumber leaves without a session bus.
            let bus = [
                "--session", "--address=unix:path=\(directory)/bus", "--nofork", "--nopidfile",
            ]
            processes = try ProcessGroup(
                [["dbus-daemon"] + bus, ["pipewire"], ["wireplumber"], ["pipewire-pulse"]],
                awaiting: ["", "\(directory)/bus", "\(directory)/pipewire-0", ""],
                environment: environment)
            try waitUntilServing()
            for module in modules { try pactl(["load-module"] + module) }
            try waitUntilLinked()
        }
    }

    /// WirePlumber links the microphone to its room in its own time; until then it hears nothing.
    private func waitUntilLinked() throws {
        guard modules.contains(where: { $0.contains("master=room.monitor") }) else { return }
        for _ in 0..<200 {
            let links = try String(decoding: run("pw-link", ["--links"]), as: UTF8.self)
            if links.contains("room:monitor_") { return }
            usleep(25_000)
        }
        throw Failure(description: "the private PipeWire does not link the microphone to its room")
    }

    /// WirePlumber's Bluetooth part wants systemd's logind and takes the whole program down where there
    /// is none, as in a container.
    private func keepBluetoothOut() throws {
        let fragments = "\(directory)/.config/wireplumber/bluetooth.lua.d"
        try FileManager.default.createDirectory(
            atPath: fragments, withIntermediateDirectories: true)
        try "bluez_monitor.enabled = false\n".write(
            toFile: "\(fragments)/51-off.lua", atomically: true, encoding: .utf8)
    }

    private func waitUntilServing() throws {
        var last = ""
        for _ in 0..<200 {
            do {
                try pactl(["info"])
                return
            } catch { last = "\(error)" }
            usleep(25_000)
        }
        let log = (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? ""
        throw Failure(description: "the private \(flavour) did not start: \(last)\n\(log)")
    }

    public func kill9() {
        processes?.kill9()
        processes = nil
    }

    public func restart() throws {
        kill9()
        try start()
    }

    /// Stops the server's processes (SIGSTOP): a hang.
    public func freeze() { processes?.signal(SIGSTOP) }
    public func thaw() { processes?.signal(SIGCONT) }

    /// Ids of the server's processes.
    public var pids: [pid_t] { processes?.pids ?? [] }

    // MARK: Asking it

    /// Runs `pactl` and answers what it printed.
    @discardableResult
    public func pactl(_ arguments: [String]) throws -> String {
        try String(decoding: run("pactl", arguments), as: UTF8.self)
    }

    @discardableResult
    public func pactl(_ arguments: String...) throws -> String { try pactl(arguments) }

    /// Ends a stream of another program (`pacmd kill-…`; `pw-cli destroy`).
    /// - Parameter isPlayback: a sink input, else a source output.
    public func killStream(_ index: String, isPlayback: Bool) throws {
        switch flavour {
        case .pulseAudio:
            let command = isPlayback ? "kill-sink-input" : "kill-source-output"
            try tell("\(command) \(index)\n")
        case .pipeWire:
            // pactl counts serial numbers, PipeWire's own tool ids.
            let list = try pactl("list", isPlayback ? "sink-inputs" : "source-outputs")
            let entry = list.components(separatedBy: "#\(index)\n").last ?? ""
            let id = entry.components(separatedBy: "object.id = \"").dropFirst().first ?? ""
            _ = try run("pw-cli", ["destroy", String(id.prefix { $0.isNumber })])
        }
    }

    /// Sends commands to PulseAudio's own command line and waits until it has read them.
    private func tell(_ text: String) throws {
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: "\(directory)/cli".utf8)
        }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "no command line, errno \(errno)") }
        _ = text.withCString { write(socket, $0, strlen($0)) }
        shutdown(socket, Int32(SHUT_WR))
        _ = readAll(socket)
    }

    /// Loads a module and answers its number, for `pactl("unload-module", number)`.
    public func load(_ module: String...) throws -> String {
        try pactl(["load-module"] + module).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func run(_ program: String, _ arguments: [String]) throws -> [UInt8] {
        let output = closeOnExecPipe()
        let errors = closeOnExecPipe()
        let child = try ChildProcess(
            [program] + arguments, environment: environment, output: output.write,
            errors: errors.write)
        close(output.write)
        close(errors.write)
        let data = readAll(output.read)
        let complaint = readAll(errors.read)
        close(output.read)
        close(errors.read)
        guard child.wait() == 0 else {
            let text = String(decoding: complaint, as: UTF8.self)
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(text)")
        }
        return data
    }
}
