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
        var sessions: Set<UInt32>
    }

    private let engine: MediaEngine
    private var links: [ObjectIdentifier: Link] = [:]
    /// Which socket a session of the hosting layer uses.
    private var sockets: [UInt32: ObjectIdentifier] = [:]

    init(engine: MediaEngine) { self.engine = engine }

    /// The engine's number for the host of `session`.
    func hold(_ session: TransportSession) -> UInt32 {
        let socket = session.audio
        let key = ObjectIdentifier(socket)
        var link =
            links[key]
            ?? Link(number: engine.addLink(socket: socket), socket: socket, sessions: [])
        link.sessions.insert(session.number)
        links[key] = link
        sockets[session.number] = key
        return link.number
    }

    /// Called when the session is over, or its host is dead. Again is harmless.
    func release(_ session: TransportSession) {
        guard let key = sockets.removeValue(forKey: session.number) else { return }
        links[key]?.sessions.remove(session.number)
        if let link = links[key], link.sessions.isEmpty {
            links[key] = nil
            engine.removeLink(link.number)
        }
    }
}
