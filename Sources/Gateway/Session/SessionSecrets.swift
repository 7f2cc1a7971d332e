/// The secrets that clients gave for a session; never shown, wiped at the end.
struct SessionSecrets {
    /// They came with the options, and hold for every connection.
    private let lasting: [String: SecretValue]
    /// Answers to `secret_needed` that came before the plugin asked. An answer holds for one connection,
    /// because a secret may live for minutes.
    private var early: [String: SecretValue] = [:]
    /// What clients were asked for and have not answered.
    private var awaited: Set<String> = []

    init(_ lasting: [String: SecretValue] = [:]) { self.lasting = lasting }

    /// For a plugin that asks; nil when nobody gave it.
    mutating func take(_ name: String) -> SecretValue? {
        early.removeValue(forKey: name) ?? lasting[name]
    }

    mutating func wait(for name: String) { awaited.insert(name) }

    /// A new plugin instance has not asked yet.
    mutating func stopWaiting() { awaited = [] }

    /// A client's answer. - Returns: whether the plugin waits for it; else it is kept until it asks.
    mutating func answer(_ name: String, _ value: SecretValue) -> Bool {
        if awaited.remove(name) != nil { return true }
        early[name] = value
        return false
    }
}
