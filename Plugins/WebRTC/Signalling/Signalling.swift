import ParleyTransport
import PeerConnection
import SDP

/// How the descriptions of a call travel. It is told what to send, and calls ``PeerCall`` with what came.
@TransportActor
protocol Signalling: AnyObject {
    /// Who makes the offer.
    var side: PeerConnection.Side { get }
    /// Whether candidates can follow a description.
    var trickles: Bool { get }

    var direction: Direction { get }
    /// Whether a call that broke can be made again from here.
    var canCallAgain: Bool { get }

    /// Begins; `call` outlives it.
    func begin(_ call: PeerCall)

    /// A candidate of ours, from `candidate:` on.
    func found(_ candidate: String)

    /// There are no more.
    func foundAll()

    /// The way to the peer was lost: where ours is the offerer, a new offer after
    /// ``PeerConnection/restart()`` leads to another; without one the call soon fails.
    func restart()

    /// The call is over, and the peer may be told.
    ///
    /// - Parameter done: to be called once, within 0.7 s.
    func end(_ done: @escaping @TransportActor () -> Void)

    /// An event that a client sends to the signalling itself.
    ///
    /// - Returns: false for one that is not the signalling's.
    func take(_ event: JSONObject) throws(TransportError) -> Bool
}

extension Signalling {
    var direction: Direction { .sendReceive }
    var canCallAgain: Bool { true }
    func take(_ event: JSONObject) throws(TransportError) -> Bool { false }
    func found(_ candidate: String) {}
    func foundAll() {}
}
