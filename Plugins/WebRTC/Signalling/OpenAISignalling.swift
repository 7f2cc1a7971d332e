import HTTP
import JSON
import Networking
import ParleyTransport
import PeerConnection

/// A call to the OpenAI Realtime API: the whole offer goes out by one POST, for candidates can't follow, and
/// the answer comes back with the id of the call, by which it is hung up.
///
/// With an ephemeral key (`ek_…`), whose session is configured already, the offer goes alone; with another
/// key the session config goes with it, as multipart/form-data (RFC 7578).
@TransportActor
final class OpenAISignalling: Signalling {
    static let standardURL = "https://api.openai.com/v1/realtime/calls"
    /// Then the offer goes out with the candidates that are known.
    private static var gatheringNs: UInt64 { 2_000_000_000 }

    let side = PeerConnection.Side.offerer
    let trickles = false
    private let endpoint: HTTPEndpoint
    /// The session config to send along; nil for a key that brings its own.
    private let session: JSONObject?
    private let loop: HostLoop
    private weak var call: PeerCall?
    private var exchange: HTTPExchange?
    private var timer: HostLoop.Timer?
    private var hasOffered = false
    private var hangUpURL: HTTPURL?

    init(_ endpoint: HTTPEndpoint, session: JSONObject?, loop: HostLoop) {
        self.endpoint = endpoint
        self.session = session
        self.loop = loop
    }

    func begin(_ call: PeerCall) {
        self.call = call
        timer = loop.timer { [weak self] in self?.post() }
        do throws(PeerConnectionFault) {
            _ = try call.peer.offer()
            timer?.arm(afterNs: Self.gatheringNs)
        } catch {
            call.fail(error)
        }
    }

    func foundAll() { timer?.arm(afterNs: 0) }

    private func post() {
        guard let call, !hasOffered, let sdp = call.peer.localDescription else { return }
        hasOffered = true
        let (type, body) = Self.body(sdp, session: session)
        do {
            exchange = try HTTPExchange(
                endpoint.request("POST", headers: [("Content-Type", type)], body: body),
                settings: endpoint.settings, loop: loop
            ) { [weak self] in self?.answered($0) }
        } catch {
            call.fail(DisconnectReason(.never, code: "invalid_url", message: error.message))
        }
    }

    static func body(_ sdp: String, session: JSONObject?) -> (type: String, bytes: [UInt8]) {
        guard let session else { return ("application/sdp", Array(sdp.utf8)) }
        let boundary = "parley-" + String(UInt64.random(in: 0...UInt64.max), radix: 36)
        let text = """
            --\(boundary)\r\n\
            Content-Disposition: form-data; name="sdp"\r\n\
            Content-Type: application/sdp\r\n\r\n\
            \(sdp)\r\n\
            --\(boundary)\r\n\
            Content-Disposition: form-data; name="session"\r\n\
            Content-Type: application/json\r\n\r\n\
            \(JSONValue.object(session).serialized())\r\n\
            --\(boundary)--\r\n
            """
        return ("multipart/form-data; boundary=\(boundary)", Array(text.utf8))
    }

    private func answered(_ result: Result<HTTPExchange.Answer, ExchangeFault>) {
        exchange = nil
        guard let call else { return }
        switch result {
        case .failure(let fault): call.fail(DisconnectReason(fault))
        case .success(let answer):
            let message = answer.message
            guard (200...299).contains(message.status) else { return call.fail(message.refusal) }
            remember(message.head["location"], from: answer.url, call)
            do throws(PeerConnectionFault) {
                try call.take(answer: String(decoding: message.body, as: UTF8.self))
            } catch {
                call.fail(error)
            }
        }
    }

    /// `Location` ends in the id of the call.
    private func remember(_ location: String?, from url: HTTPURL, _ call: PeerCall) {
        guard let location, let place = try? url.resolving(location),
            let id = place.target.prefix(while: { $0 != "?" }).split(separator: "/").last
        else {
            return call.host.log(.warning, "the server names no call, so it can't be hung up")
        }
        hangUpURL = try? url.resolving("\(place.target.prefix { $0 != "?" })/hangup")
        call.host.event(.raw(["type": "webrtc.call", "callId": .string(String(id))]))
    }

    /// The server has no way to be told of new candidates: the call soon fails, and a new one is made.
    func restart() {}

    func end(_ done: @escaping @TransportActor () -> Void) {
        call = nil
        timer?.cancel()
        exchange = nil
        guard let url = hangUpURL else { return done() }
        hangUpURL = nil
        exchange = .goodbye(endpoint.request("POST", url, body: []), endpoint, loop, done)
    }
}
