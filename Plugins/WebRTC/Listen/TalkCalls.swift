import HTTP
import ParleyTransport
import PeerConnection
import SDP

/// A browser that has called and is not answered yet, or talks.
@TransportActor
final class TalkCall {
    let id: String
    let offer: String
    /// Answers the browser, once.
    private var respond: (@TransportActor (HTTPResponse) -> Void)?
    /// The session that took the call.
    weak var session: PeerCall?
    /// Names the ICE session, for `If-Match` (RFC 9725, section 4.3.1).
    private(set) var entityTag = "\"1\""
    private var restarts = 1
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

    /// Answers a PATCH: candidates of the caller, or an ICE restart, whose answer goes out by
    /// ``answer(_:)`` once our candidates are known.
    ///
    /// - Returns: the answer where it is known at once.
    func patch(
        _ fragment: TrickleFragment, ifMatch: String?,
        respond: @escaping @TransportActor (HTTPResponse) -> Void
    ) -> HTTPResponse? {
        guard let session else { return HTTPResponse(talk: 404, text: "The call is over.") }
        guard let ifMatch else {
            return HTTPResponse(talk: 428, text: "A PATCH needs If-Match.")
        }
        let isRestart = session.peer.isRestart(fragment)
        guard ifMatch == "*" ? isRestart : ifMatch == entityTag && !isRestart else {
            return HTTPResponse(talk: 412, text: "There was an ICE restart in between.")
        }
        guard isRestart else {
            session.peer.add(fragment)
            return HTTPResponse(talk: 204)
        }
        guard self.respond == nil else {
            return HTTPResponse(talk: 503, headers: [("Retry-After", "1")], text: "One at a time.")
        }
        restarts += 1
        entityTag = "\"\(restarts)\""
        // Host candidates may be there before the call returns.
        self.respond = respond
        do throws(PeerConnectionFault) {
            try session.peer.restart()
            session.peer.add(fragment)
        } catch {
            answer(HTTPResponse(talk: 503, text: error.description))
        }
        return nil
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
