import ControlProtocol
import EventLoop
import JSON
import PulseAudio

/// `devices.*`
extension Gateway {
    var devicesList: JSONValue {
        let devices = pulse.devices.devices
        return [
            "soundServer": pulse.status.json,
            "sources": .array(devices.filter { $0.kind == .source }.map(\.json)),
            "sinks": .array(devices.filter { $0.kind == .sink }.map(\.json)),
        ]
    }

    func setVolume(_ call: Call) async throws(ControlError) -> JSONValue {
        let device = try device(call.text("device"))
        let volume = call.parameters["volume"]?.numberValue ?? 1
        let isDone = await withCheckedContinuation { continuation in
            pulse.setVolume(device, volume) { continuation.resume(returning: $0) }
        }
        return try done(isDone, device)
    }

    func setDeviceMute(_ call: Call) async throws(ControlError) -> JSONValue {
        let device = try device(call.text("device"))
        let isDone = await withCheckedContinuation { continuation in
            pulse.setMute(device, call.flag("muted")) { continuation.resume(returning: $0) }
        }
        return try done(isDone, device)
    }

    private func device(_ name: String) throws(ControlError) -> AudioDevice {
        guard pulse.status.isConnected else {
            throw ControlError(.soundServerAway, "no sound server: \(pulse.status.summary)")
        }
        guard let device = pulse.devices.device(named: name) else {
            throw ControlError(
                .deviceNotFound, "there is no device \(name); devices.list shows which there are")
        }
        return device
    }

    private func done(_ isDone: Bool, _ device: AudioDevice) throws(ControlError) -> JSONValue {
        guard isDone else {
            throw ControlError(
                .soundServerAway, "the sound server refused the change of \(device.name)")
        }
        return [:]
    }
}
