import Configuration
import JSON

/// A server that config names, and how the transport gets there.
struct ConfiguredPeer: Equatable {
    var endpoint: Endpoint
    /// The transport or session that goes there first.
    var user: String
    /// `caFile`, which is trusted instead of the system's store.
    var authorities: String?
    /// False for `proxy = "none"`.
    var usesProxy = true

    /// Each once, in the order of transports and sessions.
    static func all(_ settings: Settings) -> [ConfiguredPeer] {
        var found: [ConfiguredPeer] = []
        for place in OptionPlace.all(settings) {
            for peer in peers(of: place)
            where !found.contains(where: { peer.isReached(as: $0) }) {
                found.append(peer)
            }
        }
        return found
    }

    private func isReached(as other: ConfiguredPeer) -> Bool {
        endpoint == other.endpoint && authorities == other.authorities
            && usesProxy == other.usesProxy
    }

    private static func peers(of place: OptionPlace) -> [ConfiguredPeer] {
        var options = place.options
        if options["url"] == nil, place.isUsedAsItIs, let url = standardURL(of: place) {
            options["url"] = .string(url)
        }
        return peers(in: .object(options), place.user, authorities: nil, usesProxy: true)
    }

    /// Where the transport goes when nobody says.
    private static func standardURL(of place: OptionPlace) -> String? {
        switch place.transport {
        case "openai-websocket": "wss://api.openai.com/v1/realtime"
        case "webrtc" where place.options["signalling"]?.stringValue == "openai":
            "https://api.openai.com/v1/realtime/calls"
        default: nil
        }
    }

    /// Options whose name ends in "url", at any depth, with what is said of the way beside or above them.
    private static func peers(
        in value: JSONValue, _ user: String, authorities: String?, usesProxy: Bool
    ) -> [ConfiguredPeer] {
        if let list = value.arrayValue {
            return list.flatMap {
                peers(in: $0, user, authorities: authorities, usesProxy: usesProxy)
            }
        }
        let authorities = value["caFile"]?.stringValue ?? authorities
        let usesProxy = value["proxy"]?.stringValue.map { $0 != "none" } ?? usesProxy
        return (value.objectValue?.members ?? []).flatMap { name, value in
            guard let text = value.stringValue else {
                return peers(in: value, user, authorities: authorities, usesProxy: usesProxy)
            }
            guard name.lowercased().hasSuffix("url"), let endpoint = Endpoint(url: text),
                ["ws", "wss", "http", "https"].contains(endpoint.scheme)
            else { return [] }
            return [
                ConfiguredPeer(
                    endpoint: endpoint, user: user,
                    authorities: endpoint.isPlain ? nil : authorities, usesProxy: usesProxy)
            ]
        }
    }
}

/// A place in config where a transport's options are said: its own table, or a session with what the table adds.
struct OptionPlace {
    var user: String
    var transport: String
    var options: JSONObject
    /// Whether a session may run by these options alone.
    var isUsedAsItIs: Bool

    static func all(_ settings: Settings) -> [OptionPlace] {
        let tables = settings.transports.sorted { $0.id < $1.id }.map { transport in
            OptionPlace(
                user: transport.id, transport: transport.id, options: transport.options,
                isUsedAsItIs: !settings.sessions.contains { $0.transport == transport.id })
        }
        return tables
            + settings.sessions.map { session in
                var options = settings[transport: session.transport]?.options ?? JSONObject()
                for (name, value) in session.options.members { options[name] = value }
                return OptionPlace(
                    user: session.name, transport: session.transport, options: options,
                    isUsedAsItIs: true)
            }
    }
}
