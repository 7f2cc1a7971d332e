/// Why a session could not be begun or go on.
enum SessionFailure: Error {
    /// The plugin is not there, was refused, or keeps dying.
    case transport(String)
    /// The machine's state of the moment is against it: another try may succeed.
    case passing(String)
    /// A codec or resampler refused.
    case media(String)
    /// Not before so many milliseconds.
    case later(afterMs: Int, String)

    /// As the lifecycle wants it.
    var disconnect: SessionLifecycle.Disconnect {
        switch self {
        case .transport(let reason):
            .init(retry: .never, code: "transport_failed", reason: reason)
        case .passing(let reason): .init(retry: .now, code: "transport_failed", reason: reason)
        case .media(let reason): .init(retry: .never, code: "media_failed", reason: reason)
        case .later(let afterMs, let reason):
            .init(retry: .later(afterMs: afterMs), code: "transport_failed", reason: reason)
        }
    }
}
