/// Happy Eyeballs (RFC 8305): which address to try when, so that one that does not answer costs 250 ms
/// and not a time-out. Pure: time is a parameter, in ns of any clock that does not jump.
public struct AddressRace: Sendable {
    /// RFC 8305 section 5, "Connection Attempt Delay".
    public static let attemptDelayNs: UInt64 = 250_000_000

    public enum Step: Sendable, Hashable {
        /// Connect to this address, and go on with the others.
        case attempt(Int)
        /// None is left, none is under way: the reason of the last one.
        case failed(String)
    }

    private let count: Int
    private var next = 0
    private var running: Set<Int> = []
    private var nextAttemptNs: UInt64?
    private var lastFault = "the name has no address"

    /// - Parameter count: addresses, in the order of ``interleaved(_:)``.
    public init(count: Int) { self.count = count }

    /// Families taken in turn, the first one first (RFC 8305 section 4).
    public static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        var preferred = addresses.filter { $0.isIPv6 == first.isIPv6 }[...]
        var others = addresses.filter { $0.isIPv6 != first.isIPv6 }[...]
        var result: [SocketAddress] = []
        while !preferred.isEmpty || !others.isEmpty {
            if let address = preferred.popFirst() { result.append(address) }
            if let address = others.popFirst() { result.append(address) }
        }
        return result
    }

    /// When ``advance(nowNs:)`` has something to do; nil while only answers are awaited.
    public var nextDueNs: UInt64? { next < count ? nextAttemptNs : nil }

    /// To be called at first, when ``nextDueNs`` has come, and after ``failed(_:_:nowNs:)``.
    public mutating func advance(nowNs: UInt64) -> Step? {
        guard next < count else { return running.isEmpty ? .failed(lastFault) : nil }
        guard running.isEmpty || nextAttemptNs.map({ $0 <= nowNs }) ?? true else { return nil }
        defer { next += 1 }
        running.insert(next)
        nextAttemptNs = nowNs + Self.attemptDelayNs
        return .attempt(next)
    }

    /// An attempt came to nothing: the next one need not wait.
    public mutating func failed(_ index: Int, _ reason: String, nowNs: UInt64) {
        running.remove(index)
        lastFault = reason
        nextAttemptNs = nowNs
    }
}
