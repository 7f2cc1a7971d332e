import Glibc

/// Why a socket can't be served.
public enum ListenError: Error, CustomStringConvertible {
    case pathTooLong(String)
    case inUse(String)
    case failed(path: String, operation: String, code: CInt)

    public var description: String {
        switch self {
        case .pathTooLong(let path):
            "the socket path \(path) is longer than 107 bytes: choose a shorter --runtime-directory"
        case .inUse(let path):
            "another parleyd serves \(path): stop it, or choose another --runtime-directory"
        case .failed(let path, let operation, let code):
            "\(operation) \(path) failed: \(String(cString: strerror(code)))"
        }
    }
}
