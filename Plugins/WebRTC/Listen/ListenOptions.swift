import Networking
import ParleyTransport
import WebSocket

/// The talk server's options, checked: who may call, and where.
struct ListenOptions {
    let address: SocketAddress
    let maximumCallers: Int
    let tls: TLSContext?
    /// Names under which a browser may reach us without a token: what a stranger's page could have its own
    /// name lead to is not among them.
    let hostNames: [String]
    let wantsToken: Bool

    static let schema: [OptionsSchema.Property] = [
        .string(
            "listenAddress",
            "listen: where browsers call, as address:port. Others than loopback need tlsCertificate, tlsKey and bearerToken.",
            default: "127.0.0.1:8443"),
        .integer("maxCallers", "listen: at the same time.", default: 4, in: 1...256),
        .file("tlsCertificate", "listen: a PEM file: the certificate, then its chain."),
        .file("tlsKey", "listen: a PEM file."),
        .boolean(
            "requireToken", "listen: ask callers for bearerToken on loopback too.", default: false),
        .secret(
            "bearerToken",
            "What callers show (listen), or what is shown to the server (whip, whep)."),
    ]

    /// - Throws: a sentence that names the option.
    init(_ request: ConnectRequest) throws(TransportError) {
        let options = request.options
        let text = options["listenAddress"]?.stringValue ?? "127.0.0.1:8443"
        guard let address = SocketAddress(text) else {
            throw TransportError(
                .invalid, "listenAddress must be an address and a port, such as 127.0.0.1:8443")
        }
        self.address = address
        maximumCallers = Int(options["maxCallers"]?.integerValue ?? 4)
        hostNames = ["localhost", "127.0.0.1", "[::1]"]
        wantsToken = !address.isLoopback || options["requireToken"]?.boolValue == true
        switch (options["tlsCertificate"]?.stringValue, options["tlsKey"]?.stringValue) {
        case (let certificate?, let key?):
            do throws(TLSFault) {
                tls = try TLSContext(certificate: certificate, key: key)
            } catch {
                throw TransportError(.invalid, error.description)
            }
        case (nil, nil):
            guard address.isLoopback else {
                throw TransportError(
                    .invalid,
                    "listenAddress \(address) is reached by others: it needs tlsCertificate and tlsKey"
                )
            }
            tls = nil
        default: throw TransportError(.invalid, "tlsCertificate and tlsKey go together")
        }
    }
}
