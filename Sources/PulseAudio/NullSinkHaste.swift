import CPulse
import EventLoop

/// PulseAudio's null sink (16.1), when nobody uses it, has rendered up to two seconds ahead, and
/// neither its monitor nor a new stream moves until that time has passed. Switching it off and on
/// resets its clock. It is done only to a null sink that was idle when our stream came, so no other
/// program's sound is touched; devices that can rewind do not need it.
@LoopActor
enum NullSinkHaste {
    /// The idle null sink that a stream on `device` would wait for, if there is one.
    static func idleSink(behind device: AudioDevice, among devices: [AudioDevice]) -> AudioDevice? {
        var device = device
        // Filters name their master; a chain longer than this is a loop.
        for _ in 0..<8 {
            if device.kind == .sink, device.driver == "module-null-sink.c" {
                return device.state == .idle ? device : nil
            }
            let next: AudioDevice? =
                if let sink = device.monitoredSink {
                    devices.first { $0.kind == .sink && $0.index == sink }
                } else if let master = device.properties["device.master_device"] {
                    devices.first { $0.kind == device.kind && $0.name == master }
                } else {
                    nil
                }
            guard let next else { return nil }
            device = next
        }
        return nil
    }

    /// Switches `sink` off and on.
    static func hurry(_ sink: AudioDevice, on connection: PulseConnection) {
        for isOff in [CInt(1), 0] {
            connection.request { context, userdata in
                pa_context_suspend_sink_by_index(context, sink.index, isOff, onSuccess, userdata)
            } completion: { (_: [Void]?) in
            }
        }
    }
}
