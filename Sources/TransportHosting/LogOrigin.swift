/// Who wrote a line that the hosting logs, and whom it is about.
public enum LogOrigin: Sendable, Hashable {
    /// The daemon, about the transport of this id, or about none.
    case daemon(about: String?)
    /// The plugin of this id, or one whose file is still being looked into.
    case plugin(String?)
}
