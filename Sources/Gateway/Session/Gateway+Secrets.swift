import Configuration
import JSON
import TransportHosting

/// Secrets that config names for plugins.
extension Gateway {
    private func secret(_ name: String, for session: Session) -> BoundSecret? {
        ownSettings(of: session)?.secrets[name]
            ?? settings[transport: session.spec.transport]?.secrets[name]
    }

    /// Whether config names a secret for a session's plugin.
    func isConfigured(_ secret: String, for session: Session) -> Bool {
        self.secret(secret, for: session) != nil
    }

    /// A secret of config for a session's plugin: only for the server that it is configured with.
    func configuredSecret(_ name: String, for session: Session) -> SecretValue? {
        guard let bound = secret(name, for: session) else { return nil }
        let schema = (session.descriptor ?? hosting.transport(session.spec.transport))?.options
        if let servers = schema?[name]?.secretFor {
            guard session.spec.options[servers] == configuredOption(servers, for: session) else {
                session.complain(
                    .secret(name),
                    "the configured secret \(name) is for the configured \(servers) alone")
                return nil
            }
            return read(bound, name, for: session)
        }
        let standard = hosting.transport(session.spec.transport)?.options["url"]?.fallback?
            .stringValue
        if let url = session.spec.options["url"]?.stringValue,
            !bound.isFor(url: url, standard: standard)
        {
            session.complain(
                .secret(name),
                "the configured secret \(name) is for another server than its url")
            return nil
        }
        return read(bound, name, for: session)
    }

    /// What config has for a session of this name on this transport.
    private func ownSettings(of session: Session) -> SessionSettings? {
        let own = session.spec.name.flatMap { settings[session: $0] }
        return own?.transport == session.spec.transport ? own : nil
    }

    /// What config alone says of an option.
    private func configuredOption(_ name: String, for session: Session) -> JSONValue? {
        ownSettings(of: session)?.options[name]
            ?? settings[transport: session.spec.transport]?.options[name]
    }

    private func read(
        _ bound: BoundSecret, _ name: String, for session: Session
    ) -> SecretValue? {
        do throws(SecretError) {
            return try bound.source.read().withBytes { SecretValue(copying: $0) }
        } catch {
            session.complain(.secret(name), "\(error)")
            return nil
        }
    }
}
