/// What a socket's clients may do.
public enum Role: String, Sendable, CaseIterable {
    /// control.sock: everything.
    case control
    /// monitor.sock: what changes nothing and shows nothing that was said.
    case monitor
}
