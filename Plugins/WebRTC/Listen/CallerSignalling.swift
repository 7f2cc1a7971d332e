import HTTP
import ParleyTransport
import PeerConnection

/// The signalling of one caller of the talk server: his offer is there already, and the answer goes out
/// with all candidates in it.
@TransportActor
final class CallerSignalling: Signalling {
    let side = PeerConnection.Side.answerer
    let trickles = false
    private let caller: TalkCall
    private weak var call: PeerCall?
    private var hasFoundAll = false
    private var hasAnswered = false

    init(_ caller: TalkCall) { self.caller = caller }

    func begin(_ call: PeerCall) {
        self.call = call
        caller.session = call
        do throws(PeerConnectionFault) {
            _ = try call.answer(to: caller.offer)
            hasAnswered = true
            if hasFoundAll { respond() }
        } catch {
            caller.answer(HTTPResponse(talk: 400, text: error.description))
            call.fail(
                DisconnectReason(.ended, code: "bad_description", message: error.description))
        }
    }

    func foundAll() {
        hasFoundAll = true
        if hasAnswered { respond() }
    }

    private func respond() {
        guard let sdp = call?.peer.localDescription else { return }
        caller.answer(
            HTTPResponse(
                talk: 201,
                headers: [
                    ("Content-Type", "application/sdp"), ("Location", "/whip/\(caller.id)"),
                ], body: Array(sdp.utf8)))
    }

    /// The caller makes the offers; one who has lost us calls again.
    func restart() {}

    func end(_ done: @escaping @TransportActor () -> Void) {
        caller.end()
        done()
    }
}
