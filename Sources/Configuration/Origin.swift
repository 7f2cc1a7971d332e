/// Where a value comes from.
public enum Origin: Sendable, Hashable {
    /// Nobody said anything: the built-in value.
    case standard
    case file(path: String, line: Int, column: Int)
    /// A flag of the command line, such as `--log-level`.
    case flag(String)
    /// A variable of the environment, such as `PARLEY_TRANSPORT_PATH`.
    case environment(String)
}

extension Origin: CustomStringConvertible {
    public var description: String {
        switch self {
        case .standard: "default"
        case .file(let path, let line, _): "\(path):\(line)"
        case .flag(let flag): flag
        case .environment(let variable): "$\(variable)"
        }
    }
}
