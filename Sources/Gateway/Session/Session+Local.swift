import Configuration
import Control
import ControlProtocol
import EventLoop
import JSON
import MediaEngine
import PulseAudio
import TransportHosting

/// The near side.
extension Session {
    /// Joins the session to a local leg of the kind that it was made with.
    func use(_ local: LocalLegSpec) {
        spec.local = local
        // What its callers get.
        if case .none = leg { return }
        switch local {
        case .devices(let source, let sink):
            let settings = gateway.settings.audio
            let capture = gateway.legs.capture(
                DevicePreference(source.isEmpty ? settings.source : source)
            ) { [weak self] in self?.bindDevices() }
            let playback = gateway.legs.playback(
                DevicePreference(sink.isEmpty ? settings.sink : sink)
            ) { [weak self] in self?.bindDevices() }
            if case .devices(let oldCapture, let oldPlayback) = leg {
                capture.goOn(from: oldCapture)
                playback.goOn(from: oldPlayback)
            }
            // The old devices are let go behind the command that leaves them.
            let old = leg
            leg = .devices(capture, playback)
            bindDevices()
            media.setGate(spec.isGated)
            withExtendedLifetime(old) {}
        case .stream:
            leg = .stream(StreamPrograms())
        }
    }

    /// Lets go of everything that makes or takes sound: this session waits for callers.
    func listen() {
        media.rest()
        // The devices are let go behind the command that leaves them.
        let old = leg
        leg = .none
        withExtendedLifetime(old) {}
    }

    var isListening: Bool { if case .none = leg { true } else { false } }

    /// Whether its plugin may tell of a caller now. Before 1.2 of the interface no plugin could say that a
    /// session waits for callers.
    var takesCallers: Bool {
        guard state == .connected, spec.callID == nil, let descriptor,
            descriptor.capabilities.contains(.listen)
        else { return false }
        return isListening || descriptor.abiMinor < 2
    }

    /// A caller finds what the listener is told to be: silent, if that is silent.
    func inheritMutes(of listener: Session) {
        isInputMuted = listener.isInputMuted
        isOutputMuted = listener.isOutputMuted
        if isInputMuted { media.muteInput(true, barrier: 0) }
        if isOutputMuted { media.muteOutput(true) }
    }

    /// Lets the engine use the devices that the legs come to now.
    private func bindDevices() {
        guard case .devices(let capture, let playback) = leg else { return }
        media.bind(capture: capture.number, playback: playback.number)
    }

    /// Joins a program to a stream leg, or refuses.
    func admit(
        _ request: AudioRequest, _ socket: FileDescriptor
    ) -> Result<JSONValue, ControlError> {
        if case .none = leg {
            return .failure(
                ControlError(
                    .notSupported,
                    "session \(id) waits for callers and has no sound; each caller's session has"))
        }
        guard case .stream(var programs) = leg else {
            return .failure(
                ControlError(
                    .notSupported,
                    "session \(id) has devices as its local leg; only a stream leg has audio here"))
        }
        guard request.isListener || programs.writer == nil else {
            return .failure(
                ControlError(
                    .limitExceeded,
                    "a program writes to session \(id) already; connect with direction \"capture\"")
            )
        }
        guard programs.count < StreamPrograms.maximum else {
            return .failure(ControlError(.limitExceeded, "session \(id) has no room for a program"))
        }
        let greeting: JSONValue = [
            "format": "pcm_s16le", "rate": .integer(Int64(media.localRateHz)), "channels": 1,
        ]
        AudioDoor.write(greeting, to: socket)
        let number = media.attachClient(
            socket: socket, writes: !request.isListener, continuous: request.isContinuous)
        programs.add(number, socket, writes: !request.isListener)
        leg = .stream(programs)
        return .success(greeting)
    }

    func audioClientEndedInput(_ client: UInt32) {}

    func audioClientLeft(_ client: UInt32) {
        guard case .stream(var programs) = leg else { return }
        programs.remove(client)
        leg = .stream(programs)
    }
}
