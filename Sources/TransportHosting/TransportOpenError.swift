/// Why a session of a transport can't be opened.
public enum TransportOpenError: Error, Hashable, CustomStringConvertible {
    /// No plugin has this id.
    case unknownTransport(String)
    /// The plugin's host died too often; its file must change, or `gateway.reload` be called.
    case failed(String, String)
    /// The plugin's host died a moment ago: not before this time on ``MonotonicClock``.
    case notBefore(ns: UInt64, String)
    case launch(HostLaunchError)

    public var description: String {
        switch self {
        case .unknownTransport(let id):
            "there is no transport '\(id)': transports.list tells which there are, "
                + "and which files were refused"
        case .failed(let id, let reason):
            "the transport '\(id)' has failed too often; the last time \(reason). "
                + "Replace its file, or call gateway.reload to try again"
        case .notBefore(_, let reason):
            "the transport's host is about to be started again; \(reason)"
        case .launch(let error): error.description
        }
    }
}
