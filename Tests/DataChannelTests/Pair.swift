import DataChannel
import Glibc

/// Two ends and the path between them, in virtual time.
final class Pair {
    let client = DataChannels(isClient: true, peerMaximumBytes: 0)
    let server = DataChannels(isClient: false, peerMaximumBytes: 0, queueLimitBytes: 1 << 19)
    /// usrsctp has one clock for all, which must not go back from one test to the next.
    nonisolated(unsafe) private static var clockNs: UInt64 = 1_000_000_000
    var nowNs: UInt64 {
        get { Self.clockNs }
        set { Self.clockNs = newValue }
    }
    var events: [Side: [String]] = [:]
    var messages: [Side: [DataChannels.Message]] = [:]
    var sent = 0
    var largest = 0
    var arrives: (Int) -> Bool = { _ in true }

    enum Side: Hashable {
        case client
        case server
    }

    func start() throws {
        try client.start(nowNs: nowNs)
        try server.start(nowNs: nowNs)
        settle()
    }

    func settle() {
        while carry(from: client, .client, to: server) || carry(from: server, .server, to: client) {
        }
    }

    /// Lets time pass, and what is due happen.
    ///
    /// - Parameter really: sleep for as long, because usrsctp looks at the system's clock, too, before it
    ///   sends something again.
    func pass(ms: Int, really: Bool = false, until isDone: () -> Bool = { false }) {
        let end = nowNs + UInt64(ms) * 1_000_000
        while let due = [client.nextDueNs, server.nextDueNs].compactMap(\.self).min(), due <= end,
            !isDone()
        {
            if really, due > nowNs { usleep(UInt32((due - nowNs) / 1_000)) }
            nowNs = max(nowNs, due)
            for channels in [client, server] where (channels.nextDueNs ?? .max) <= nowNs {
                channels.advance(nowNs: nowNs)
            }
            settle()
        }
        if !isDone() { nowNs = end }
    }

    private func carry(from near: DataChannels, _ side: Side, to far: DataChannels) -> Bool {
        var hasMoved = false
        while let effect = near.nextEffect() {
            hasMoved = true
            switch effect {
            case .send(let packet):
                sent += 1
                largest = max(largest, packet.count)
                if arrives(sent) { packet.withUnsafeBytes { far.receive($0, nowNs: nowNs) } }
            case .opened(let id, let parameters):
                events[side, default: []].append("opened \(id) \(parameters.label)")
            case .message(_, let message): messages[side, default: []].append(message)
            case .closed(let id): events[side, default: []].append("closed \(id)")
            case .ended(let fault):
                events[side, default: []].append("ended \(fault?.description ?? "")")
            }
        }
        return hasMoved
    }
}
