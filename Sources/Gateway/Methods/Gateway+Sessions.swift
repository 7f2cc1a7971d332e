import Configuration
import Control
import ControlProtocol
import EventLoop
import JSON
import TransportHosting

/// `sessions.*`
extension Gateway {
    func createSession(_ call: Call) async throws(ControlError) -> JSONValue {
        // A daemon that has just started, or a file that has just been dropped in: it may be this one.
        if hosting.transport(call.text("transport")) == nil { await hosting.settled() }
        let (spec, secrets) = try spec(call)
        let session = try create(spec, secrets: secrets)
        guard call.flag("wait") else {
            return ["session": .string(session.id), "state": .string(session.state.name)]
        }
        let state = await session.settled()
        guard state == .connected else {
            let why = session.lifecycle.lastDisconnect
            session.handle(.close)
            await session.ended()
            throw ControlError(
                .connectFailed, why?.reason ?? "the session was closed before it was connected",
                details: why?.code.map { ["reason": .string($0)] } ?? [:])
        }
        return ["session": .string(session.id), "state": .string(state.name)]
    }

    private func spec(_ call: Call) throws(ControlError) -> (SessionSpec, [String: String]) {
        let id = call.text("transport")
        guard let descriptor = hosting.transport(id) else { throw unknownTransport(id) }
        let (options, secrets) = try options(
            call.object("options"), over: settings[transport: id]?.options ?? [:], descriptor)
        for secret in secrets.keys { try mayTravel(secret, transport: id, options: options) }
        let name = call.parameters["name"]?.stringValue
        if let name, !Self.isName(name) {
            throw ControlError(
                .invalidParameters,
                "name must be 1 to 63 letters, digits, '-', '_' and '.', and not look like an id")
        }
        let spec = SessionSpec(
            name: name, transport: id, local: try local(call.parameters["local"]),
            options: options,
            isGated: call.object("local")["gate"]?.boolValue ?? settings.audio.gate,
            sessionConfig: call.object("sessionConfig"),
            reconnect: policy(call.parameters["reconnect"]), callID: nil)
        return (spec, secrets)
    }

    /// Names stand wherever ids do, so none may be taken for one.
    private static func isName(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [45, 46, 95].contains(byte)
        }
        let isID = name.hasPrefix("s") && name.dropFirst().allSatisfy(\.isNumber) && name.count > 1
        return isPlain && !isID && (1...63).contains(name.utf8.count)
    }

    /// The client's options over those of config, checked against the plugin's schema.
    func options(
        _ given: JSONObject, over configured: JSONObject, _ descriptor: TransportDescriptor
    ) throws(ControlError) -> (JSONObject, [String: String]) {
        if let secret = descriptor.options.secretNames.first(where: { configured[$0] != nil }) {
            throw ControlError(
                .invalidConfig,
                "the configuration holds the secret \(secret) itself; name its place instead: "
                    + "\(secret) = { credential = \"...\" } or { file = \"...\" }")
        }
        let files = descriptor.options.properties.filter(\.isFile).map(\.name)
        if let file = files.first(where: { given[$0] != nil && given[$0] != configured[$0] }) {
            throw ControlError(
                .invalidOptions,
                "\(file) names a file, which only configuration may, since it lets the plugin read it: "
                    + "set \(file) in [transports.\"\(descriptor.id)\"]",
                details: ["option": .string(file)])
        }
        do throws(OptionsError) {
            let checked = try descriptor.options.validate(.object(configured.merging(given)))
            return (checked.options.objectValue ?? [:], checked.secrets)
        } catch {
            throw ControlError(
                .invalidOptions, error.description,
                details: error.key.map { ["option": .string($0)] } ?? [:])
        }
    }

    /// What config names for a plugin to read, in its own table or for a session.
    func configuredFiles(_ descriptor: TransportDescriptor) -> [String] {
        let tables =
            [settings[transport: descriptor.id]?.options ?? [:]]
            + settings.sessions.filter { $0.transport == descriptor.id }.map(\.options)
        let files = descriptor.options.properties.filter(\.isFile)
        return tables.flatMap { table in files.compactMap { table[$0.name]?.stringValue } }
    }

    func local(_ value: JSONValue?) throws(ControlError) -> LocalLegSpec {
        guard let local = value?.objectValue else { return .devices(source: [], sink: []) }
        if local["echoCancellation"]?.stringValue == "on" {
            throw ControlError(
                .notSupported, "this build has no echo canceller: use \"auto\" or \"off\"")
        }
        guard local["kind"]?.stringValue == "stream" else {
            for name in ["format", "rate"] where local[name] != nil {
                throw ControlError(.invalidParameters, "local.\(name) belongs to kind \"stream\"")
            }
            return .devices(source: Self.names(local["source"]), sink: Self.names(local["sink"]))
        }
        for name in ["source", "sink", "echoCancellation", "gate"] where local[name] != nil {
            throw ControlError(.invalidParameters, "local.\(name) belongs to kind \"devices\"")
        }
        let rateHz = local["rate"]?.integerValue ?? 24_000
        guard [8_000, 16_000, 24_000, 48_000].contains(rateHz) else {
            throw ControlError(.invalidParameters, "local.rate must be 8000, 16000, 24000 or 48000")
        }
        return .stream(rateHz: Int(rateHz))
    }

    private static func names(_ value: JSONValue?) -> [String] {
        switch value {
        case .string(let name): [name]
        case .array(let names): names.compactMap(\.stringValue)
        default: []
        }
    }

    private func policy(_ value: JSONValue?) -> ReconnectPolicy {
        var policy = ReconnectPolicy(settings.reconnect)
        switch value {
        case .bool(let isEnabled): policy.isEnabled = isEnabled
        case .object(let object):
            if let ms = object["initialMs"]?.integerValue {
                policy.initialNs = UInt64(ms) * 1_000_000
            }
            if let ms = object["maximumMs"]?.integerValue {
                policy.maximumNs = UInt64(ms) * 1_000_000
            }
            if let count = object["attempts"]?.integerValue { policy.maximumAttempts = Int(count) }
        default: break
        }
        return policy
    }

    func getSession(_ call: Call) throws(ControlError) -> JSONValue {
        let session = try session(named: call.text("session"))
        var data = session.details
        // What was said is not for monitors.
        guard call.caller.role == .control else { return .object(data) }
        let limit = Int(call.parameters["limit"]?.integerValue ?? 100)
        let page = session.conversation.page(
            after: call.parameters["after"]?.stringValue, limit: limit)
        data["history"] = .array(page.items)
        data["hasMoreHistory"] = .bool(page.hasMore)
        data["sessionConfig"] = .object(session.sessionConfig)
        data["options"] = .object(session.spec.options)
        return .object(data)
    }

    func closeSession(_ call: Call) async throws(ControlError) -> JSONValue {
        let session = try session(named: call.text("session"))
        session.handle(.close)
        await session.ended()
        return ["session": .string(session.id), "state": .string(session.state.name)]
    }

    func restartSession(_ call: Call) throws(ControlError) -> JSONValue {
        let session = try session(named: call.text("session"))
        guard session.state != .disconnecting else {
            throw ControlError(.notConnected, "session \(session.id) is about to end")
        }
        session.restart()
        return ["session": .string(session.id), "state": .string(session.state.name)]
    }

    // MARK: Config

    /// Starts the sessions of config that should run and do not.
    func startConfiguredSessions() {
        for configured in settings.sessions where configured.autostart {
            guard !sessions.contains(where: { $0.spec.name == configured.name }) else { continue }
            start(configured)
        }
    }

    private func start(_ configured: SessionSettings) {
        guard let descriptor = hosting.transport(configured.transport) else {
            // Its file is still being looked into, or may be dropped in: `transport_added` comes here again.
            waitingForTransport.insert(configured.name)
            guard hosting.isSettled else { return }
            return warn(configured, unknownTransport(configured.transport).message)
        }
        if (configured.local.echoCancellation ?? settings.audio.echoCancellation) == .on {
            warn(
                configured,
                "this build has no echo canceller; echoCancellation = \"on\" has no effect, use gate = "
                    + "true or PulseAudio's module-echo-cancel")
        }
        do throws(ControlError) {
            let configuredOptions = (settings[transport: configured.transport]?.options ?? [:])
                .merging(configured.options)
            let (options, _) = try options([:], over: configuredOptions, descriptor)
            let local: LocalLegSpec =
                configured.local.kind == .stream
                ? .stream(rateHz: configured.local.rate ?? 24_000)
                : .devices(source: configured.local.source ?? [], sink: configured.local.sink ?? [])
            _ = try create(
                SessionSpec(
                    name: configured.name, transport: configured.transport, local: local,
                    options: options,
                    isGated: configured.local.gate ?? settings.audio.gate,
                    sessionConfig: configured.sessionConfig,
                    reconnect: ReconnectPolicy(configured.reconnect), callID: nil))
        } catch {
            warn(configured, "it was not started: \(error.message)")
        }
    }

    /// About a session of config that has no number yet.
    private func warn(_ configured: SessionSettings, _ text: String) {
        log(
            .warning, "session \(configured.name): \(text)",
            about: LogSubject(session: configured.name, transport: configured.transport))
    }

    /// A transport has come: sessions that config wants on it can start.
    func startWaitingSessions() {
        guard !waitingForTransport.isEmpty else { return }
        let names = waitingForTransport
        waitingForTransport = []
        for configured in settings.sessions where names.contains(configured.name) {
            start(configured)
        }
    }

    /// A client's own secret goes in the clear only to this machine, or where config allows it. (One of
    /// config was held against the same rule when config was read.)
    func mayTravel(
        _ secret: String, transport: String, options: JSONObject
    ) throws(ControlError) {
        guard settings[transport: transport]?.allowsInsecure != true,
            let url = options["url"]?.stringValue
        else { return }
        guard let endpoint = Endpoint(url: url) else {
            throw ControlError(
                .forbidden,
                "\(secret) can't be given: it is not plain to which server the url leads")
        }
        guard endpoint.isPlain, !endpoint.isLoopback else { return }
        throw ControlError(
            .forbidden,
            "\(secret) would go in the clear to \(endpoint): use a url with encryption (wss), or set "
                + "insecure = true in [transports.\(transport)]")
    }
}
