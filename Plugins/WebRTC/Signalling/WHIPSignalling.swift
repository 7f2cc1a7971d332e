import HTTP
import ICE
import Networking
import ParleyTransport
import PeerConnection
import SDP

/// WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep), the client's side: the offer goes out by POST and the
/// answer comes back; candidates that are found later, and ICE restarts, go by PATCH; DELETE hangs up.
@TransportActor
final class WHIPSignalling: Signalling {
    /// Host candidates are there by then; a server that takes no PATCH must do with these.
    private static var gatheringNs: UInt64 { 200_000_000 }

    let side = PeerConnection.Side.offerer
    let trickles = true
    let direction: Direction
    private let endpoint: HTTPEndpoint
    private let loop: HostLoop
    private weak var call: PeerCall?
    private var exchange: HTTPExchange?
    private var patch: HTTPExchange?
    private var timer: HostLoop.Timer?
    private var hasOffered = false
    /// Of the call, once there is one.
    private var resource: HTTPURL?
    private var entityTag: String?
    private var mayPatch = true
    private var mustTrickle = false
    private var mustRestart = false

    /// - Parameter direction: `sendReceive` for WHIP, whose servers may decline to send, `receiveOnly` for
    ///   WHEP.
    init(_ endpoint: HTTPEndpoint, direction: Direction, loop: HostLoop) {
        self.endpoint = endpoint
        self.direction = direction
        self.loop = loop
    }

    // MARK: The offer

    func begin(_ call: PeerCall) {
        self.call = call
        timer = loop.timer { [weak self] in self?.offer() }
        do throws(PeerConnectionFault) {
            try call.peer.gather()
            timer?.arm(afterNs: Self.gatheringNs)
        } catch {
            call.fail(error)
        }
    }

    func found(_ candidate: String) { trickle() }

    func foundAll() {
        if hasOffered { trickle() } else { timer?.arm(afterNs: 0) }
    }

    private func offer() {
        guard let call else { return }
        if hasOffered { return sendPatch() }
        hasOffered = true
        do {
            let sdp = try call.peer.offer()
            exchange = try HTTPExchange(
                endpoint.request(
                    "POST", headers: [("Content-Type", "application/sdp")], body: Array(sdp.utf8)),
                settings: endpoint.settings, loop: loop
            ) { [weak self] in self?.answered($0) }
        } catch let fault as PeerConnectionFault {
            call.fail(fault)
        } catch {
            call.fail(DisconnectReason(.never, code: "invalid_url", message: "\(error)"))
        }
    }

    private func answered(_ result: Result<HTTPExchange.Answer, ExchangeFault>) {
        exchange = nil
        guard let call else { return }
        switch result {
        case .failure(let fault): call.fail(DisconnectReason(fault))
        case .success(let answer):
            let message = answer.message
            guard (200...299).contains(message.status) else { return call.fail(message.refusal) }
            resource = message.head["location"].flatMap { try? answer.url.resolving($0) }
            entityTag = message.head["etag"]
            if resource == nil {
                call.host.log(.warning, "the server names no Location, so the call can't be ended")
            }
            let servers = ICEServers(LinkHeader.links(of: message.head))
            call.peer.addServers(stun: servers.stun, turn: servers.turn)
            do throws(PeerConnectionFault) {
                try call.take(answer: String(decoding: message.body, as: UTF8.self))
                trickle()
            } catch {
                call.fail(error)
            }
        }
    }

    // MARK: Patches

    /// Tells the candidates that the offer had not, as soon as there is someone to tell.
    private func trickle() {
        guard hasOffered else { return }
        mustTrickle = true
        // What is found together is told together.
        if resource != nil, patch == nil { timer?.arm(afterNs: 20_000_000) }
    }

    /// The way to the peer was lost.
    func restart() {
        guard let call, resource != nil, mayPatch else { return }
        do throws(PeerConnectionFault) {
            try call.peer.restart()
            mustRestart = true
            timer?.arm(afterNs: Self.gatheringNs)
        } catch {
            call.fail(error)
        }
    }

    private func sendPatch() {
        guard let call, let resource, mayPatch, patch == nil, mustTrickle || mustRestart,
            let fragment = call.peer.localFragment
        else { return }
        let isRestart = mustRestart
        (mustTrickle, mustRestart) = (false, false)
        var headers = [("Content-Type", TrickleFragment.contentType)]
        // RFC 9725, section 4.3: a restart is of whatever session there is.
        if isRestart {
            headers.append(("If-Match", "*"))
        } else if let entityTag {
            headers.append(("If-Match", entityTag))
        }
        patch = try? HTTPExchange(
            endpoint.request("PATCH", resource, headers: headers, body: Array(fragment.text.utf8)),
            settings: endpoint.settings, loop: loop
        ) { [weak self] in self?.patched($0, isRestart: isRestart) }
    }

    private func patched(
        _ result: Result<HTTPExchange.Answer, ExchangeFault>, isRestart: Bool
    ) {
        patch = nil
        guard let call else { return }
        let answer: HTTPExchange.Answer
        switch result {
        case .success(let given) where (200...299).contains(given.message.status): answer = given
        case .success(let refusal): return refused("status \(refusal.message.status)", isRestart)
        case .failure(let fault): return refused(fault.description, isRestart)
        }
        if let tag = answer.message.head["etag"] { entityTag = tag }
        if isRestart, let fragment = try? TrickleFragment(parsing: answer.message.body) {
            call.peer.add(fragment)
        }
        if mustTrickle || mustRestart { timer?.arm(afterNs: 0) }
    }

    /// A call needs no more candidates as long as it stands; a restart needs its answer.
    private func refused(_ why: String, _ isRestart: Bool) {
        guard isRestart else { return mayPatch = false }
        call?.fail(
            DisconnectReason(
                .now, code: "restart_refused",
                message: "the way to the peer was lost, and the server begins no other: \(why)"))
    }

    // MARK: The end

    func end(_ done: @escaping @TransportActor () -> Void) {
        call = nil
        timer?.cancel()
        exchange = nil
        patch = nil
        guard let resource else { return done() }
        self.resource = nil
        exchange = .goodbye(endpoint.request("DELETE", resource), endpoint, loop, done)
    }
}
