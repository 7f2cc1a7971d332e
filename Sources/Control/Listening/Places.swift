import Glibc

/// Places for clients, shared so that no user takes them all from the others.
struct Places {
    struct Limits: Equatable {
        /// For everybody together.
        var total: Int
        var perUser: Int
        /// Of `total`, kept for root and the daemon's own user.
        var reserved: Int
    }

    private var byUser: [uid_t: Int] = [:]
    private(set) var taken = 0

    func taken(by user: uid_t) -> Int { byUser[user] ?? 0 }

    /// Gives a place to a client; false when there is none for it.
    mutating func enter(_ peer: Peer, _ limits: Limits) -> Bool {
        let room = limits.total - (peer.isOwn ? 0 : limits.reserved)
        guard taken < room, taken(by: peer.userID) < limits.perUser else { return false }
        byUser[peer.userID, default: 0] += 1
        taken += 1
        return true
    }

    /// Takes back the place of a client that had one.
    mutating func leave(_ peer: Peer) {
        guard let count = byUser[peer.userID] else {
            preconditionFailure("user \(peer.userID) leaves a place that it never had")
        }
        byUser[peer.userID] = count == 1 ? nil : count - 1
        taken -= 1
    }
}
