import ICE
import Networking
import ParleyTransport
import WebSocket

/// TURN over TLS (RFC 8656, section 2.1): libnice speaks TURN over TCP to doors on loopback, behind which
/// the servers are, by TLS with their certificates verified.
@TransportActor
final class RelayTunnels {
    var onFault: (@TransportActor (String) -> Void)?
    private var tunnels: [TLSTunnel] = []

    /// Puts a tunnel in the place of each server that wants TLS.
    func open(
        _ servers: inout [ICEConfiguration.TurnServer], _ authorities: String?, _ loop: HostLoop
    ) throws {
        guard servers.contains(where: { $0.transport == .tls }) else { return }
        let context = try TLSContext(certificateAuthorities: authorities)
        for index in servers.indices where servers[index].transport == .tls {
            let tunnel = try TLSTunnel(
                to: servers[index].host, port: servers[index].port, context: context, loop: loop
            ) { [weak self] in self?.onFault?($0) }
            tunnels.append(tunnel)
            servers[index].host = "127.0.0.1"
            servers[index].port = tunnel.port
            servers[index].transport = .tcp
        }
    }

    func close() {
        tunnels = []
        onFault = nil
    }
}
