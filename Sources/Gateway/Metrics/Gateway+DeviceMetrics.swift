import EventLoop
import Metrics
import PulseAudio

/// What devices tell.
extension Gateway {
    func collectDevices(into figures: inout MetricCollection) {
        for device in pool.captureDevices { add(device, "capture", to: &figures) }
        for device in pool.playbackDevices { add(device, "playback", to: &figures) }
        let (capture, playback) = (pool.captureCounters, pool.playbackCounters)
        for counter in DeviceCounter.all {
            figures.add(counter.inAll, counter.value(in: capture), ["capture"])
            figures.add(counter.inAll, counter.value(in: playback), ["playback"])
        }
    }

    private func add<Stream>(
        _ device: SharedDevice<Stream>, _ direction: String, to figures: inout MetricCollection
    ) {
        let (stream, labels) = (device.status.stream, [device.name, direction])
        let isRunning = if case .running = device.state { true } else { false }
        figures.add(DeviceFamilies.running, isRunning, device.name, direction)
        figures.add(DeviceFamilies.buffer, stream.actualMs / 1_000, device.name, direction)
        figures.add(DeviceFamilies.latency, stream.latencyMs / 1_000, device.name, direction)
        figures.add(DeviceFamilies.ring, stream.ringMs / 1_000, device.name, direction)
        if let skew = stream.clockSkewPpm {
            figures.add(DeviceFamilies.skew, skew, device.name, direction)
        }
        let counters = device.counters
        for counter in DeviceCounter.all {
            figures.add(counter.perDevice, counter.value(in: counters), labels)
        }
    }
}
