import Glibc

/// Where the control socket may be.
public enum SocketLocation {
    /// The places to try, best first: `explicit` alone when given, else `$PARLEY_SOCKET` alone, else the
    /// user's daemon and then the system's.
    public static func candidates(
        explicit: String?, environment: (String) -> String? = variable
    ) -> [String] {
        if let explicit { return [explicit] }
        if let named = environment("PARLEY_SOCKET") { return [named] }
        let user = environment("XDG_RUNTIME_DIR").map { ["\($0)/parley/control.sock"] } ?? []
        return user + ["/run/parley/control.sock"]
    }

    /// A variable of the environment; nil when it is not set or empty.
    public static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The audio socket beside a control socket.
    public static func audioSocket(besides control: String) -> String {
        let directory = control.lastIndex(of: "/").map { control[..<$0] } ?? "."
        return "\(directory)/audio.sock"
    }
}
