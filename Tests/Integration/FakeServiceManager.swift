import Foundation

/// The side of the service manager in sd_notify(3): a datagram socket that remembers what it was told.
final class FakeServiceManager {
    private let inbox: DatagramInbox
    /// Messages in their order.
    private(set) var messages: [String] = []

    init() throws { inbox = try DatagramInbox() }

    var path: String { inbox.path }

    /// For the daemon.
    var environment: [String: String] { ["NOTIFY_SOCKET": path] }

    /// Takes what has come since, waiting for at most `ms` for the first of it.
    @discardableResult
    func listen(ms: Int32 = 0) -> [String] {
        let fresh = inbox.take(waitingMs: ms).map { String(decoding: $0, as: UTF8.self) }
        messages += fresh
        return fresh
    }

    /// Waits for a message that fits among those that have not been passed over.
    func wait(
        for what: String, after start: Int = 0, where fits: (String) -> Bool
    ) throws -> Int {
        var next = start
        for _ in 0..<600 {
            while next < messages.count {
                if fits(messages[next]) { return next }
                next += 1
            }
            listen(ms: 100)
        }
        throw DaemonUnderTest.Failure(
            description: "the service manager was not told: \(what); it heard \(messages)")
    }
}
