import CLinux
import EventLoop
import Glibc

/// Where the sound server is looked for. Only Unix sockets: sound over TCP is neither private nor
/// in time, and the daemon's sandbox has no IP sockets.
public struct ServerAddress: Sendable, Hashable {
    /// Paths of Unix sockets, in the order in which they are tried.
    public let socketPaths: [String]
    /// Who decided: "configuration", "PULSE_SERVER", "client.conf" or "the default places".
    public let origin: String
    /// Why no address is usable; nil when ``socketPaths`` has one.
    public let refusal: String?

    /// - Parameters:
    ///   - configured: libpulse's syntax, `unix:/path`, `/path`, several separated by blanks.
    ///   - environment: a variable's value, nil or empty when unset.
    ///   - clientConfiguration: the text of libpulse's client.conf, where there is one.
    public init(
        configured: String? = nil, environment: (String) -> String? = ServerAddress.environment,
        clientConfiguration: String? = ServerAddress.clientConfiguration()
    ) {
        if let configured, !configured.isEmpty {
            self.init(list: configured, origin: "configuration")
        } else if let server = environment("PULSE_SERVER"), !server.isEmpty {
            self.init(list: server, origin: "PULSE_SERVER")
        } else if let server = clientConfiguration.flatMap(Self.defaultServer(in:)) {
            self.init(list: server, origin: "client.conf")
        } else {
            self.init(
                socketPaths: Self.defaultPlaces(environment), origin: "the default places",
                refusal: nil)
        }
    }

    private init(socketPaths: [String], origin: String, refusal: String?) {
        self.socketPaths = socketPaths
        self.origin = origin
        self.refusal = refusal
    }

    private init(list: String, origin: String) {
        var paths: [String] = []
        var refused: [Substring] = []
        for item in list.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            // libpulse allows "{machine}address": for that machine only; here there is one machine.
            let address = item.first == "{" ? item.drop { $0 != "}" }.dropFirst() : item
            if address.hasPrefix("unix:") {
                paths.append(String(address.dropFirst(5)))
            } else if address.hasPrefix("/") {
                paths.append(String(address))
            } else {
                refused.append(address)
            }
        }
        var refusal: String?
        if paths.isEmpty, let first = refused.first {
            refusal =
                "the sound server \"\(first)\" (from \(origin)) is not a Unix socket: Parley refuses "
                + "tcp: servers; give unix:/path/to/native, or run Parley where the sound server is"
        } else if paths.isEmpty {
            refusal = "the sound server's address (from \(origin)) is empty"
        }
        self.init(socketPaths: paths, origin: origin, refusal: refusal)
    }

    /// The places of libpulse: the user's server, then the system's.
    private static func defaultPlaces(_ environment: (String) -> String?) -> [String] {
        var places: [String] = []
        if let path = environment("PULSE_RUNTIME_PATH"), !path.isEmpty {
            places.append(path + "/native")
        } else if let path = environment("XDG_RUNTIME_DIR"), !path.isEmpty {
            places.append(path + "/pulse/native")
        } else {
            places.append("/run/user/\(getuid())/pulse/native")
        }
        places.append("/run/pulse/native")
        return places
    }

    /// `default-server = …` of a client.conf: the last one counts.
    static func defaultServer(in text: String) -> String? {
        var found: String?
        for line in text.split(separator: "\n") {
            let code = line.prefix { $0 != "#" && $0 != ";" }
            guard let equals = code.firstIndex(of: "=") else { continue }
            guard code[..<equals].trimmed == "default-server" else { continue }
            let value = code[code.index(after: equals)...].trimmed
            found = value.isEmpty ? nil : String(value)
        }
        return found
    }

    /// The text of the client.conf that libpulse would read; nil without one.
    public static func clientConfiguration(
        environment: (String) -> String? = ServerAddress.environment
    ) -> String? {
        let home = environment("HOME") ?? ""
        let places = [
            environment("PULSE_CLIENTCONFIG") ?? "",
            (environment("XDG_CONFIG_HOME") ?? "\(home)/.config") + "/pulse/client.conf",
            "/etc/pulse/client.conf",
        ]
        for place in places where !place.isEmpty {
            let fd = open(place, O_RDONLY | O_CLOEXEC)
            guard fd >= 0 else { continue }
            let file = FileDescriptor(owning: fd)
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = read(file.raw, &bytes, bytes.count)
            return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
        }
        return nil
    }

    /// What libpulse gets: it tries them in order.
    var pulseList: String { socketPaths.map { "unix:\($0)" }.joined(separator: " ") }

    /// The process's own environment.
    public static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
        let start = drop(while: blank)
        guard let last = start.lastIndex(where: { !blank($0) }) else { return start.prefix(0) }
        return start[...last]
    }
}
