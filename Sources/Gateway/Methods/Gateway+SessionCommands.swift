import AudioCore
import ControlProtocol
import JSON
import MediaEngine
import TransportHosting

/// `session.*`
extension Gateway {
    /// What a command needs of a plugin, and whether it may be given before the session is connected.
    private static let requirements: [String: (capability: TransportCapabilities, name: String)] = [
        "session.sendEvent": (.rawEvents, "raw_events"),
        "session.sendMessage": (.messages, "messages"),
        "session.addImage": (.images, "images"),
        "session.requestResponse": (.turnEvents, "turn_events"),
        "session.updateSessionConfig": (.updateConfig, "update_config"),
        "session.sendFunctionCallOutput": (.tools, "tools"),
        "session.sendMcpResponse": (.mcp, "mcp"),
        "session.resetHistory": (.historyEdit, "history_edit"),
        "session.sendDtmf": (.dtmf, "dtmf"),
        "session.pushToTalk": (.commitAudio, "commit_audio"),
    ]

    /// Commands that the plugin carries out: everything of the transport layer that the daemon has no
    /// part in.
    func forward(_ call: Call) async throws(ControlError) -> JSONValue {
        let session = try ready(call)
        let name = String(call.method.dropFirst("session.".count))
        guard call.method == "session.updateSessionConfig" else {
            return try await run(name, call.arguments, on: session)
        }
        let change = call.object("config")
        guard
            JSONValue.object(session.sessionConfig.merging(change)).footprint
                <= Session.configBytesMaximum
        else {
            throw ControlError(
                .limitExceeded,
                "the session config of \(session.id) would be larger than "
                    + "\(Session.configBytesMaximum) bytes")
        }
        let answer = try await run(name, call.arguments, on: session)
        session.sessionConfig = session.sessionConfig.merging(change)
        return answer
    }

    /// The session of a call, when it can do what is asked.
    private func ready(_ call: Call) throws(ControlError) -> Session {
        let session = try session(named: call.text("session"))
        if let need = Self.requirements[call.method] {
            let descriptor = session.descriptor ?? hosting.transport(session.spec.transport)
            guard descriptor?.capabilities.contains(need.capability) == true else {
                throw Self.lacks(need.name, for: call.method, session)
            }
        }
        let mayBeConnecting = call.method == "session.sendEvent" && session.transport != nil
        guard session.state == .connected || mayBeConnecting else {
            throw ControlError(
                .notConnected, "session \(session.id) is \(session.state.name), not connected")
        }
        return session
    }

    private static func lacks(
        _ capability: String, for method: String, _ session: Session
    ) -> ControlError {
        ControlError(
            .notSupported,
            "transport \(session.spec.transport) can't do \(method): it lacks the capability "
                + capability, details: ["capability": .string(capability)])
    }

    private func run(
        _ command: String, _ arguments: JSONValue, on session: Session
    ) async throws(ControlError) -> JSONValue {
        let (result, data) = await session.command(command, arguments)
        let reason = data?["message"]?.stringValue
        switch result {
        case .done: return .object(data?.objectValue ?? [:])
        case .invalid:
            throw ControlError(
                .invalidParameters, reason ?? "the plugin refused the arguments of \(command)")
        case .notSupported:
            throw ControlError(
                .notSupported, reason ?? "transport \(session.spec.transport) can't do \(command)")
        case .notConnected:
            throw ControlError(.notConnected, reason ?? "session \(session.id) lost its connection")
        case .full:
            throw ControlError(.limitExceeded, reason ?? "the plugin's queue is full: try later")
        case .noMemory, .failed:
            throw ControlError(.commandFailed, reason ?? "the plugin could not do \(command)")
        }
    }

    func mute(_ call: Call) async throws(ControlError) -> JSONValue {
        let session = try session(named: call.text("session"))
        let muted = call.flag("muted")
        if call.parameters["direction"]?.stringValue == "output" {
            session.muteOutput(muted)
        } else {
            await session.muteInput(muted)
        }
        return [
            "muted": ["input": .bool(session.isInputMuted), "output": .bool(session.isOutputMuted)]
        ]
    }

    func setLocal(_ call: Call) throws(ControlError) -> JSONValue {
        let session = try session(named: call.text("session"))
        let local = try local(call.parameters["local"])
        guard local.kind == session.spec.local.kind, local.rateHz == session.media.localRateHz
        else {
            throw ControlError(
                .notSupported,
                "a session keeps the kind of its local leg (\(session.spec.local.kind)) and its rate"
            )
        }
        session.use(local)
        return session.localJSON
    }

    func interrupt(_ call: Call) async throws(ControlError) -> JSONValue {
        await (try session(named: call.text("session"))).interrupt()
        return [:]
    }

    /// Pressed: what the peer says ends and its input buffer is empty. Released: what was said in between
    /// is the user's turn.
    func pushToTalk(_ call: Call) async throws(ControlError) -> JSONValue {
        let session = try ready(call)
        if call.flag("pressed") {
            await session.interrupt()
            return try await run("clearAudio", [:], on: session)
        }
        _ = try await run("commitAudio", [:], on: session)
        guard session.descriptor?.capabilities.contains(.turnEvents) == true else { return [:] }
        return try await run("requestResponse", [:], on: session)
    }

    /// The clip is in the format that `sessions.get` shows for the way to the peer; on an Opus uplink it
    /// is 16-bit PCM at 48 kHz, and the daemon encodes it.
    func sendClip(_ call: Call) async throws(ControlError) -> JSONValue {
        let session = try ready(call)
        let commits = call.flag("commit")
        guard !commits || session.descriptor?.capabilities.contains(.commitAudio) == true else {
            throw Self.lacks("commit_audio", for: call.method, session)
        }
        guard let bytes = Base64.decode(call.text("audio")) else {
            throw ControlError(.invalidParameters, "audio must be base64 (RFC 4648)")
        }
        guard let codec = session.uplink?.format.codec else {
            throw ControlError(.notConnected, "session \(session.id) has no format yet")
        }
        guard codec == .pcmu || codec == .pcma || bytes.count.isMultiple(of: 2) else {
            throw ControlError(
                .invalidParameters, "audio has half a sample: 16-bit samples are two bytes")
        }
        await session.sendClip(Self.samples(bytes, codec))
        guard commits else { return [:] }
        return try await run("commitAudio", [:], on: session)
    }

    private static func samples(_ bytes: [UInt8], _ codec: AudioCodec) -> [Float] {
        let count = codec == .pcmu || codec == .pcma ? bytes.count : bytes.count / 2
        guard count > 0 else { return [] }
        return [Float](unsafeUninitializedCapacity: count) { room, size in
            bytes.withUnsafeBufferPointer { bytes in
                guard let source = bytes.baseAddress, let target = room.baseAddress else { return }
                switch codec {
                case .pcmu: G711.decode(source, to: target, count: count, law: .mu)
                case .pcma: G711.decode(source, to: target, count: count, law: .a)
                case .pcmS16LE, .opus: PCM16.decode(source, to: target, count: count)
                }
                size = count
            }
        }
    }

    func provideSecret(_ call: Call) throws(ControlError) -> JSONValue {
        let session = try session(named: call.text("session"))
        let name = call.text("name")
        let known =
            (session.descriptor ?? hosting.transport(session.spec.transport))?.options.secretNames
            ?? []
        guard known.contains(name) else {
            throw ControlError(
                .invalidParameters,
                "transport \(session.spec.transport) has no secret \(name); there are: "
                    + (known.isEmpty ? "none" : known.joined(separator: ", ")))
        }
        try mayTravel(name, transport: session.spec.transport, options: session.spec.options)
        session.answerSecret(name, SecretValue(call.text("value")))
        return [:]
    }
}
