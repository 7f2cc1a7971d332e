/// Events that this client sent of its own accord, by `event_id`, so that a refusal of one is not
/// shown as a fault of the user.
struct OwnEvents: Sendable {
    enum Purpose: Sendable, Hashable {
        case cancel
        case truncate(itemID: String)
        case retrieve(itemID: String)
        case commit
        case clear
        case replay(itemID: String)
        case tracing
        /// `session.update`.
        case configure
    }

    private static let limit = 1_000
    private var purposes: [String: Purpose] = [:]
    private var order: [String] = []
    private var lastNumber = 0

    /// A new id.
    mutating func id(for purpose: Purpose) -> String {
        lastNumber += 1
        let eventID = "parley_\(Self.word(purpose))_\(lastNumber)"
        purposes[eventID] = purpose
        order.append(eventID)
        if order.count > Self.limit { purposes[order.removeFirst()] = nil }
        return eventID
    }

    func purpose(of eventID: String?) -> Purpose? { eventID.flatMap { purposes[$0] } }

    private static func word(_ purpose: Purpose) -> String {
        switch purpose {
        case .cancel: "cancel"
        case .truncate: "truncate"
        case .retrieve: "retrieve"
        case .commit: "commit"
        case .clear: "clear"
        case .replay: "replay"
        case .tracing: "tracing"
        case .configure: "configure"
        }
    }
}
