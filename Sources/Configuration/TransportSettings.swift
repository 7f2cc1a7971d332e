import JSON

/// What config says to one plugin: `[transports.<id>]`.
public struct TransportSettings: Sendable, Equatable {
    public let id: String
    /// For the plugin, not checked yet: only the plugin's schema knows them. Secrets are taken out.
    public var options = JSONObject()
    /// By name of the option; within tables of options with points, `turn.password`.
    public var secrets: [String: BoundSecret] = [:]
    /// `insecure = true`: a secret may go over plain ws or http.
    public var allowsInsecure = false

    public init(id: String) { self.id = id }
}

/// A configured secret and the server that it is for.
public struct BoundSecret: Sendable, Hashable {
    public let source: SecretSource
    /// From the `url` beside it; nil when config names none, and the plugin's own url is meant.
    public let endpoint: Endpoint?

    public init(source: SecretSource, endpoint: Endpoint?) {
        self.source = source
        self.endpoint = endpoint
    }

    /// Whether the secret may go to `url`.
    ///
    /// - Parameter standard: the plugin's default url, in force where config names none.
    public func isFor(url: String, standard: String? = nil) -> Bool {
        guard let given = Endpoint(url: url) else { return false }
        return given == (endpoint ?? standard.flatMap(Endpoint.init(url:)))
    }
}
