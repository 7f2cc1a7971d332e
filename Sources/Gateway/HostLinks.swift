import EventLoop
import MediaEngine
import TransportHosting

/// The audio sockets of hosts, as the engine knows them: one link per host process, kept while a
/// session uses it.
@LoopActor
final class HostLinks {
    private struct Link {
        let number: UInt32
        let socket: FileDescriptor
        var sessions: [UInt32: TransportSession]
    }

    private let engine: MediaEngine
    private var links: [ObjectIdentifier: Link] = [:]
    /// Which socket a session of the hosting layer uses.
    private var sockets: [UInt32: ObjectIdentifier] = [:]

    init(engine: MediaEngine) {
        self.engine = engine
        engine.onFullLink = { [weak self] in self?.doubt($0) }
        engine.onMalformedLink = { [weak self] in self?.condemn($0) }
    }

    /// A host that leaves frames lying may hang; it is asked, and replaced if it does not answer.
    private func doubt(_ number: UInt32) { session(on: number)?.checkLiveness() }

    private func condemn(_ number: UInt32) {
        session(on: number)?.condemnHost(for: "a packet on the audio socket is malformed")
    }

    private func session(on number: UInt32) -> TransportSession? {
        links.values.first { $0.number == number }?.sessions.values.first { $0.isOpen }
    }

    /// The engine's number for the host of `session`.
    func hold(_ session: TransportSession) -> UInt32 {
        let socket = session.audio
        let key = ObjectIdentifier(socket)
        var link =
            links[key]
            ?? Link(number: engine.addLink(socket: socket), socket: socket, sessions: [:])
        link.sessions[session.number] = session
        links[key] = link
        sockets[session.number] = key
        return link.number
    }

    /// Called when the session is over, or its host is dead. Again is harmless.
    func release(_ session: TransportSession) {
        guard let key = sockets.removeValue(forKey: session.number) else { return }
        links[key]?.sessions[session.number] = nil
        if let link = links[key], link.sessions.isEmpty {
            links[key] = nil
            engine.removeLink(link.number)
        }
    }
}
