import JSON
import ParleyTransport
import PeerConnection

/// Signalling of the user's own: descriptions and candidates are events of the control protocol. Ours are
/// told as raw events; the peer's come by `session.sendEvent`.
///
///     webrtc.description {sdpType: offer | answer, sdp}
///     webrtc.candidate {candidate, sdpMid, sdpMLineIndex}
///     webrtc.candidates_done {}
@TransportActor
final class ManualSignalling: Signalling {
    let side: PeerConnection.Side
    let trickles = true
    private weak var call: PeerCall?
    private var hasSpoken = false
    /// Candidates that were found before the description was told.
    private var early: [String] = []
    private var hasFoundAll = false

    init(side: PeerConnection.Side) { self.side = side }

    func begin(_ call: PeerCall) {
        self.call = call
        if side == .offerer { offer() }
    }

    private func offer() {
        guard let call else { return }
        do throws(PeerConnectionFault) {
            tell("offer", try call.peer.offer())
        } catch {
            call.fail(error)
        }
    }

    private func tell(_ type: String, _ sdp: String) {
        call?.host.event(
            .raw(["type": "webrtc.description", "sdpType": .string(type), "sdp": .string(sdp)]))
        hasSpoken = true
        for candidate in early { found(candidate) }
        early = []
        if hasFoundAll { foundAll() }
    }

    func found(_ candidate: String) {
        guard hasSpoken else {
            early.append(candidate)
            return
        }
        call?.host.event(
            .raw([
                "type": "webrtc.candidate", "candidate": .string(candidate), "sdpMid": "0",
                "sdpMLineIndex": 0,
            ]))
    }

    func foundAll() {
        hasFoundAll = true
        guard hasSpoken else { return }
        call?.host.event(.raw(["type": "webrtc.candidates_done"]))
    }

    /// Who made the offer makes the next one, too; the other end waits for it.
    func restart() {
        guard side == .offerer, let call else { return }
        hasSpoken = false
        hasFoundAll = false
        early = []
        do throws(PeerConnectionFault) {
            try call.peer.restart()
            tell("offer", try call.peer.offer())
        } catch {
            call.fail(error)
        }
    }

    func end(_ done: @escaping @TransportActor () -> Void) { done() }

    func take(_ event: JSONObject) throws(TransportError) -> Bool {
        guard let call, let type = event["type"]?.stringValue, type.hasPrefix("webrtc.") else {
            return false
        }
        switch type {
        case "webrtc.description":
            guard let sdp = event["sdp"]?.stringValue else {
                throw TransportError(.invalid, "a webrtc.description needs sdp, a string")
            }
            try take(event["sdpType"]?.stringValue, sdp, call)
        case "webrtc.candidate":
            guard let candidate = event["candidate"]?.stringValue else {
                throw TransportError(.invalid, "a webrtc.candidate needs candidate, a string")
            }
            call.peer.addRemoteCandidate(candidate)
        case "webrtc.candidates_done": call.peer.endRemoteCandidates()
        default: throw TransportError(.invalid, "\(type) is no event of manual signalling")
        }
        return true
    }

    private func take(
        _ type: String?, _ sdp: String, _ call: PeerCall
    ) throws(TransportError) {
        guard type == "offer" || type == "answer" else {
            throw TransportError(.invalid, "sdpType must be offer or answer")
        }
        let before = (hasSpoken, hasFoundAll)
        do throws(PeerConnectionFault) {
            if type == "offer" {
                // Candidates that come of it follow the answer.
                (hasSpoken, hasFoundAll) = (false, before.0 ? false : hasFoundAll)
                tell("answer", try call.answer(to: sdp))
            } else {
                try call.take(answer: sdp)
            }
        } catch {
            // The call goes on as it was, or waits for a description that it can use.
            (hasSpoken, hasFoundAll) = before
            throw TransportError(.invalid, error.description)
        }
    }
}
