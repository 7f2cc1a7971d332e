import HTTP
import ParleyTransport
import PeerConnection
import SDP

/// The signalling of one caller of the talk server: his offer is there already, and the answer goes out
/// with all candidates in it.
@TransportActor
final class CallerSignalling: Signalling {
    let side = PeerConnection.Side.answerer
    let trickles = false
    let canCallAgain = false
    private let caller: TalkCall
    private weak var call: PeerCall?
    private var hasFoundAll = false
    private var hasAnswered = false
    private var hasResponded = false

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
        guard hasAnswered else { return }
        if hasResponded { respondToRestart() } else { respond() }
    }

    private func respondToRestart() {
        guard let fragment = call?.peer.localFragment else { return }
        caller.answer(
            HTTPResponse(
                talk: 200,
                headers: [
                    ("Content-Type", TrickleFragment.contentType), ("ETag", caller.entityTag),
                ], body: Array(fragment.text.utf8)))
    }

    private func respond() {
        guard let sdp = call?.peer.localDescription else { return }
        hasResponded = true
        caller.answer(
            HTTPResponse(
                talk: 201,
                headers: [
                    ("Content-Type", "application/sdp"), ("Location", "/whip/\(caller.id)"),
                    ("ETag", caller.entityTag),
                ], body: Array(sdp.utf8)))
    }

    /// The caller begins restarts, by PATCH.
    func restart() {}

    func end(_ done: @escaping @TransportActor () -> Void) {
        caller.end()
        done()
    }
}
