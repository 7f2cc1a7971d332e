import ICE
import ParleyTransport
import PeerConnection
import SDP

/// The options of every WebRTC call, whatever its signalling, checked.
struct PeerOptions {
    let ssrc = UInt32.random(in: 1...UInt32.max)
    let canonicalName = AudioStream.randomName()
    let frameMs: Int
    let connectLimitNs: UInt64
    private let codecs: [AudioCodec]
    private let ice: ICEConfiguration
    private let relayAuthorities: String?

    static let schema: [OptionsSchema.Property] = [
        .strings(
            "codecs", "WebRTC: what is offered, best first, of opus, pcmu, pcma; all without it."),
        .strings("stunServers", "WebRTC: stun:host:port; the first is used."),
        .strings(
            "turnServers",
            "WebRTC: turn:host:port?transport=udp or tcp, turns:host:port by TLS; with turnUsername and turnPassword."
        ),
        .file(
            "turnCaFile", "WebRTC: a PEM file, trusted for turns: instead of the system's store."),
        .string("turnUsername", "WebRTC: for the TURN servers."),
        .secret("turnPassword", "For the TURN servers.", for: "turnServers"),
        .boolean(
            "relayOnly", "WebRTC: by TURN alone, so that the peer learns no address of ours.",
            default: false),
        .boolean("iceTcp", "WebRTC: candidates over TCP too.", default: false),
        .boolean("ipv6", "WebRTC: addresses of IPv6 too.", default: true),
        .strings("excludedInterfaces", "WebRTC: interfaces that take no part, such as docker0."),
        .string(
            "mediaPorts", "WebRTC: such as 40000-40099, what a firewall lets in; any without it."),
        .strings(
            "addresses", "WebRTC: use these addresses of ours and no others, loopback included."),
        .number(
            "connectTimeoutS", "WebRTC: from both descriptions to the first media.", default: 30,
            in: 1...600),
    ]

    /// - Parameter turnPassword: the secret of that name, where TURN servers are used.
    /// - Throws: a sentence that names the option.
    init(_ request: ConnectRequest, turnPassword: String?) throws(TransportError) {
        let options = request.options
        func texts(_ name: String) -> [String] {
            options[name]?.arrayValue?.compactMap(\.stringValue) ?? []
        }
        var codecs: [AudioCodec] = []
        for name in texts("codecs") {
            switch name {
            case "opus": codecs.append(.opus)
            case "pcmu": codecs.append(.pcmu)
            case "pcma": codecs.append(.pcma)
            default: throw TransportError(.invalid, "codecs: there is no \(name)")
            }
        }
        self.codecs = codecs.isEmpty ? [.opus, .pcmu, .pcma] : codecs
        frameMs = options["ptimeMs"]?.integerValue.map { Int($0) } ?? 20
        connectLimitNs = UInt64((options["connectTimeoutS"]?.numberValue ?? 30) * 1e9)
        var ice = ICEConfiguration(role: .controlling)
        ice.isRelayOnly = options["relayOnly"]?.boolValue ?? false
        ice.usesTCP = options["iceTcp"]?.boolValue ?? false
        ice.usesIPv6 = options["ipv6"]?.boolValue ?? true
        ice.excludedInterfaces = texts("excludedInterfaces")
        ice.addresses = texts("addresses")
        if let text = texts("stunServers").first {
            let server = try Self.server(text, "stunServers", .stun)
            ice.stunServer = .init(host: server.host, port: server.port)
        }
        for text in texts("turnServers") {
            let server = try Self.server(text, "turnServers", .turn, .turns)
            ice.turnServers.append(
                .init(
                    host: server.host, port: server.port,
                    transport: server.transport,
                    username: options["turnUsername"]?.stringValue ?? "",
                    password: turnPassword ?? ""))
        }
        if let text = options["mediaPorts"]?.stringValue {
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map {
                UInt16($0)
            }
            guard ends.count == 2, let first = ends[0], let last = ends[1], 0 < first,
                first <= last
            else {
                throw TransportError(
                    .invalid, "mediaPorts must be two ports such as 40000-40099")
            }
            ice.ports = first...last
        }
        self.ice = ice
        relayAuthorities = options["turnCaFile"]?.stringValue
    }

    private static func server(
        _ text: String, _ option: String, _ schemes: ServerURI.Scheme...
    ) throws(TransportError) -> ServerURI {
        guard let server = ServerURI(text), schemes.contains(server.scheme) else {
            throw TransportError(
                .invalid,
                "\(option): \(text) is no server such as \(schemes[0].rawValue):example.org:3478")
        }
        return server
    }

    /// Whether ``init(_:turnPassword:)`` needs the password.
    static func wantsPassword(_ request: ConnectRequest) -> Bool {
        request.options["turnServers"]?.arrayValue?.isEmpty == false
    }

    func configuration(
        trickles: Bool, direction: Direction, hasChannel: Bool
    ) -> PeerConnectionConfiguration {
        var configuration = PeerConnectionConfiguration(
            audio: LocalAudio(
                ssrc: ssrc, canonicalName: canonicalName, codecs: codecs, direction: direction,
                packetTimeMs: frameMs),
            dataChannel: hasChannel ? LocalDataChannel() : nil, ice: ice, trickles: trickles)
        configuration.relayAuthorities = relayAuthorities
        return configuration
    }
}
