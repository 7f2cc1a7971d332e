import CLinux
import Glibc
import ParleyTransport
import WebSocket

/// A door on loopback behind which a server is spoken to by TLS, for a library that knows plain TCP only:
/// each connection to ``port`` becomes one to the server, whose certificate is verified. Bytes go through
/// as they are, both ways; releasing it closes all.
///
/// Any process of this machine can use the door, and gets what the server lets strangers do.
@TransportActor
public final class TLSTunnel {
    /// Connections at a time; more are closed at once.
    private static var mostLegs: Int { 32 }

    /// Where it listens, on 127.0.0.1.
    public var port: UInt16 { listener.localAddress.port }
    private let host: String
    private let serverPort: UInt16
    private let context: TLSContext
    private let loop: HostLoop
    private let onFault: @TransportActor (String) -> Void
    private let listener: ListeningSocket
    private var watch: HostLoop.Watch?
    private var legs: [ObjectIdentifier: TLSTunnelLeg] = [:]

    /// - Parameters:
    ///   - host: the server's name or address, which its certificate must have.
    ///   - onFault: what keeps a connection from the server, a sentence.
    /// - Throws: when no socket can be opened.
    public init(
        to host: String, port serverPort: UInt16, context: TLSContext, loop: HostLoop,
        onFault: @escaping @TransportActor (String) -> Void
    ) throws(TransportError) {
        self.host = host
        self.serverPort = serverPort
        self.context = context
        self.loop = loop
        self.onFault = onFault
        guard let any = SocketAddress("127.0.0.1", port: 0) else {
            preconditionFailure("127.0.0.1 is an address")
        }
        do throws(SocketFault) {
            listener = try ListeningSocket(on: any)
        } catch {
            throw TransportError(.failed, "no tunnel to \(host) can be opened: \(error)")
        }
        watch = try loop.watch(listener.descriptor, for: .read) { [weak self] _ in self?.accept() }
    }

    isolated deinit { watch?.cancel() }

    private func accept() {
        while let socket = listener.accept() {
            guard legs.count < Self.mostLegs else { continue }
            let leg = TLSTunnelLeg(socket, loop: loop) { [weak self] leg, fault in
                self?.legs[ObjectIdentifier(leg)] = nil
                if let self, let fault { onFault("\(host):\(serverPort): \(fault)") }
            }
            legs[ObjectIdentifier(leg)] = leg
            leg.connect(to: host, port: serverPort, context: context)
        }
    }
}
