import CParleyTransport

/// One session as the C interface sees it: the transport and its host. Every function of the entry ends
/// here.
@TransportActor
final class TransportInstance {
    let host: TransportHost
    let transport: any TransportLayer

    private init(host: TransportHost, transport: any TransportLayer) {
        self.host = host
        self.transport = transport
    }

    nonisolated static func create(_ raw: UnsafePointer<parley_host_t>?) -> OpaquePointer? {
        guard let raw, let type = TransportEntry.registered else { return nil }
        HostThread.shared.adopt()
        let host = TransportHost(raw)
        return TransportActor.assumeIsolated((type, host)) { type, host -> OpaquePointer? in
            do throws(TransportError) {
                let instance = TransportInstance(host: host, transport: try type.init(host: host))
                HostThread.shared.add(host)
                return OpaquePointer(Unmanaged.passRetained(instance).toOpaque())
            } catch {
                host.log(.error, error.message)
                return nil
            }
        }
    }

    nonisolated static func destroy(_ handle: OpaquePointer?) {
        guard let handle else { return }
        TransportActor.assumeIsolated(UnsafeRawPointer(handle)) { place in
            let instance = Unmanaged<TransportInstance>.fromOpaque(place).takeRetainedValue()
            HostThread.shared.remove(instance.host)
        }
    }

    /// Calls `body` with the instance behind `handle`, without counting references.
    nonisolated static func call<Argument, Result>(
        _ handle: OpaquePointer?, _ argument: Argument,
        _ body: @TransportActor (TransportInstance, Argument) -> Result
    ) -> Result {
        guard let handle else { preconditionFailure("the host passed no transport") }
        HostThread.shared.checkIsolated()
        return withoutActuallyEscaping(body) { isolated in
            let plain = unsafeBitCast(isolated, to: ((TransportInstance, Argument) -> Result).self)
            return Unmanaged<TransportInstance>.fromOpaque(UnsafeRawPointer(handle))
                ._withUnsafeGuaranteedRef { plain($0, argument) }
        }
    }

    /// A refusal is told as a fatal disconnect, because only so its sentence is heard.
    func connect(_ raw: parley_connect_t) -> parley_result_t {
        host.gate.begin(generation: raw.generation)
        do throws(TransportError) {
            try transport.connect(try ConnectRequest(raw))
        } catch {
            host.disconnected(
                DisconnectReason(.never, code: error.code.word, message: error.message))
        }
        return CResult.ok
    }

    func command(
        _ id: UInt32, _ name: UnsafePointer<CChar>?, _ json: UnsafePointer<CChar>?
    ) -> parley_result_t {
        guard let name else { return CResult.invalid }
        let command = String(cString: name)
        return host.run(id) { () throws(TransportError) in
            let value = try json.map { text throws(TransportError) in
                try JSONText.parse(text, "arguments of \(command)")
            }
            guard let arguments = (value ?? [:]).objectValue else {
                throw TransportError(.invalid, "the arguments of \(command) must be a JSON object")
            }
            try transport.perform(try TransportCommand(name: command, arguments: arguments))
        }
    }

    func sendAudio(_ raw: UnsafePointer<parley_audio_frame_t>) {
        guard let frame = AudioFrame(raw) else { return }
        transport.sendAudio(frame)
    }

    func playback(_ raw: parley_playback_t) {
        guard let playback = Playback(raw) else { return }
        if case .flushEnd = playback { host.endFlush(generation: raw.generation) }
        transport.playback(playback)
    }

    func secret(_ name: UnsafePointer<CChar>, _ value: UnsafePointer<CChar>?) {
        transport.secret(String(cString: name), value.map { String(cString: $0) })
    }
}

extension TransportError.Code {
    /// The stable word of a refused connect.
    var word: String {
        switch self {
        case .invalid: "invalid_options"
        case .notSupported: "not_supported"
        case .notConnected: "not_connected"
        case .full: "full"
        case .noMemory: "no_memory"
        case .failed: "failed"
        }
    }
}
