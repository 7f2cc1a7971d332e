import FakeTransportHost
import ICE
import ParleyTransport

/// Two agents on loopback whose signalling is a function call.
@TransportActor
final class Pair {
    let context: ICEContext
    let one: ICEAgent
    let other: ICEAgent
    let host: FakeTransportHost
    var received: [ObjectIdentifier: [[UInt8]]] = [:]
    var states: [ObjectIdentifier: [ICEState]] = [:]
    /// Whether a candidate reaches the other side.
    var passes: (ICECandidate) -> Bool = { _ in true }

    init(
        _ host: FakeTransportHost, _ loop: HostLoop, context: ICEContext = ICEContext(),
        _ change: (inout ICEConfiguration) -> Void = { _ in }
    ) throws {
        self.host = host
        self.context = context
        func agent(_ role: ICEConfiguration.Role, _ context: ICEContext) throws -> ICEAgent {
            var configuration = ICEConfiguration(role: role)
            configuration.addresses = ["127.0.0.1"]
            change(&configuration)
            return try ICEAgent(configuration, context: context, loop: loop)
        }
        one = try agent(.controlling, context)
        other = try agent(.controlled, context)
        for (near, far) in [(one, other), (other, one)] {
            let id = ObjectIdentifier(near)
            near.onReceive = { [unowned self] in received[id, default: []].append(Array($0)) }
            near.onState = { [unowned self] in states[id, default: []].append($0) }
            near.onCandidate = { [unowned self, unowned far] in
                if passes($0) { far.addRemote($0.attribute) }
            }
            near.onGatheringDone = { [unowned far] in far.endRemote() }
        }
    }

    func connect() throws -> Bool {
        try exchangeCredentials()
        try one.gather()
        try other.gather()
        return host.run { isCompleted }
    }

    func exchangeCredentials() throws {
        guard let mine = one.localCredentials, let theirs = other.localCredentials else {
            throw NoCredentials()
        }
        one.setRemote(theirs)
        other.setRemote(mine)
    }

    var isCompleted: Bool { one.state == .completed && other.state == .completed }

    func close() {
        one.close()
        other.close()
    }

    struct NoCredentials: Error {}
}

extension ICEAgent {
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { send($0) } }
}
