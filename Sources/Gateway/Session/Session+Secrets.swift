import EventLoop
import JSON
import TransportHosting

/// Secrets that the plugin asks for.
extension Session {
    /// A secret that a client gave comes before one of config; without either, clients are asked. What the
    /// plugin's schema does not call a secret is none.
    func giveSecret(_ name: String) {
        guard descriptor?.options.secretNames.contains(name) == true else {
            complain(
                .unknownSecret,
                "the plugin asked for the secret \(name), which its schema does not have")
            transport?.provideSecret(name, value: nil)
            return
        }
        if let secret = secrets.take(name) { return hand(over: secret, name) }
        guard gateway.isConfigured(name, for: self) else { return ask(for: name) }
        switch secretReads.ask(name, nowNs: MonotonicClock.nowNs) {
        case .now: readSecret(name)
        case .later(let delayNs):
            _ = EventLoop.shared.schedule(after: .nanoseconds(Int64(delayNs))) { [weak self] in
                self?.readSecret(name)
            }
        case .isDue: break
        }
    }

    private func readSecret(_ name: String) {
        guard secretReads.begin(name, nowNs: MonotonicClock.nowNs) else { return }
        if let secret = gateway.configuredSecret(name, for: self) {
            hand(over: secret, name)
        } else {
            ask(for: name)
        }
    }

    private func ask(for name: String) {
        secrets.wait(for: name)
        gateway.publish("secret_needed", of: self, ["name": .string(name)])
    }

    /// A client's answer to `secret_needed`.
    func answerSecret(_ name: String, _ secret: SecretValue) {
        guard secrets.answer(name, secret) else { return }
        hand(over: secret, name)
    }

    private func hand(over secret: SecretValue, _ name: String) {
        secret.withBytes { transport?.provideSecret(name, value: $0) }
    }
}
