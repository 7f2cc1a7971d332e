import HTTP
import ParleyTransport

/// A browser that has called and is not answered yet, or talks.
@TransportActor
final class TalkCall {
    let id: String
    let offer: String
    /// Answers the browser, once.
    private var respond: (@TransportActor (HTTPResponse) -> Void)?
    /// The session that took the call.
    weak var session: PeerCall?
    fileprivate var onEnd: (@TransportActor (TalkCall) -> Void)?

    init(
        id: String, offer: String, respond: @escaping @TransportActor (HTTPResponse) -> Void,
        onEnd: @escaping @TransportActor (TalkCall) -> Void
    ) {
        self.id = id
        self.offer = offer
        self.respond = respond
        self.onEnd = onEnd
    }

    func answer(_ response: HTTPResponse) {
        respond?(response)
        respond = nil
    }

    /// The call is over, however it ended.
    func end() {
        answer(
            HTTPResponse(
                talk: 503, headers: [("Retry-After", "5")], text: "The room did not answer."))
        TalkCalls.forget(self)
        onEnd?(self)
        onEnd = nil
    }
}

/// The calls of this plugin's process: the session that listens puts them here, the session that is made
/// for each takes it.
@TransportActor
enum TalkCalls {
    private static var calls: [String: TalkCall] = [:]

    static func add(_ call: TalkCall) { calls[call.id] = call }
    static func forget(_ call: TalkCall) { calls[call.id] = nil }
    static subscript(id: String) -> TalkCall? { calls[id] }

    /// 128 random bits: nobody guesses the address of another's call.
    static func newID() -> String {
        let digits = Array("abcdefghijklmnopqrstuvwxyz234567")
        return String((0..<26).map { _ in digits[Int.random(in: 0..<32)] })
    }
}
