import TransportHosting

/// What the log says of a session.
extension Session {
    /// What a plugin can bring about as often as it likes, and the log tells once for each connection.
    enum Complaint: Hashable {
        /// It chose a format that it never offered.
        case format
        /// It asks for a secret of config, by this name, that can't be given.
        case secret(String)
        /// It asks for a secret that its schema does not have.
        case unknownSecret
        /// It tells of a call that can't be taken.
        case call
    }

    var logSubject: LogSubject { LogSubject(session: id, transport: spec.transport) }

    /// Of lines that the plugin writes or causes.
    var pluginSubject: LogSubject {
        LogSubject(session: id, transport: spec.transport, isFromPlugin: true)
    }

    /// Says something of the plugin.
    func complain(_ cause: Complaint, _ text: String) {
        guard complaints.insert(cause).inserted else { return }
        gateway.log(.warning, "session \(id): \(text)", about: pluginSubject)
    }
}

extension SessionLifecycle.State {
    /// How much it matters to who runs the machine.
    var logLevel: TransportLogLevel {
        switch self {
        case .failed: .error
        case .reconnecting: .warning
        case .connecting, .connected, .disconnecting, .closed: .info
        }
    }
}
