/// How often secrets of config are read for a session. Each time opens a file on the control thread, and a
/// plugin may ask as often as it likes; one that asks again too soon is answered a little later, once. A value:
/// time comes from outside.
struct SecretReads {
    enum Permission: Equatable {
        case now
        case later(delayNs: UInt64)
        /// It will be read soon anyway.
        case isDue
    }

    static let pauseNs: UInt64 = 50_000_000

    /// By the name of the secret: when it may be read next. Only names that config has come here.
    private var nextNs: [String: UInt64] = [:]
    private var due: Set<String> = []

    mutating func ask(_ name: String, nowNs: UInt64) -> Permission {
        guard !due.contains(name) else { return .isDue }
        due.insert(name)
        guard let next = nextNs[name], next > nowNs else { return .now }
        return .later(delayNs: next - nowNs)
    }

    /// It is about to be read. - Returns: whether somebody still waits for it.
    mutating func begin(_ name: String, nowNs: UInt64) -> Bool {
        guard due.remove(name) != nil else { return false }
        nextNs[name] = nowNs + Self.pauseNs
        return true
    }

    /// A new plugin instance has not asked yet.
    mutating func stopWaiting() { due = [] }
}
