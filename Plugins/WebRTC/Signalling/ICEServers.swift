import HTTP
import ICE

/// The servers that a WHIP server names by `Link: <turn:…>; rel="ice-server"` (RFC 9725, section 4.6).
struct ICEServers {
    private(set) var stun: ICEConfiguration.StunServer?
    private(set) var turn: [ICEConfiguration.TurnServer] = []

    /// What makes no sense is left out.
    init(_ links: [LinkHeader]) {
        for link in links where link.relations.contains("ice-server") {
            guard let server = ServerURI(link.target) else { continue }
            switch server.scheme {
            case .stun where stun == nil: stun = .init(host: server.host, port: server.port)
            case .turn, .turns:
                guard let name = link.parameters["username"],
                    let password = link.parameters["credential"]
                else { continue }
                turn.append(
                    .init(
                        host: server.host, port: server.port, transport: server.transport,
                        username: name, password: password))
            case .stun: break
            }
        }
    }
}
