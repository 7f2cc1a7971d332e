import CPulse

extension AudioDevice {
    init(_ info: pa_sink_info) {
        self.init(
            kind: .sink, index: info.index, name: string(info.name),
            description: string(info.description), properties: texts(of: info.proplist),
            state: Self.state(info.state.rawValue), rateHz: Int(info.sample_spec.rate),
            channels: Int(info.sample_spec.channels), volume: linear(info.volume),
            isMuted: info.mute != 0)
        driver = string(info.driver)
    }

    init(_ info: pa_source_info) {
        self.init(
            kind: .source, index: info.index, name: string(info.name),
            description: string(info.description), properties: texts(of: info.proplist),
            state: Self.state(info.state.rawValue), rateHz: Int(info.sample_spec.rate),
            channels: Int(info.sample_spec.channels), volume: linear(info.volume),
            isMuted: info.mute != 0, isMonitor: info.monitor_of_sink != UInt32.max)
        driver = string(info.driver)
        monitoredSink = isMonitor ? info.monitor_of_sink : nil
    }

    /// Sinks and sources number their states alike.
    private static func state(_ raw: CInt) -> State {
        switch raw {
        case PA_SINK_RUNNING.rawValue: .running
        case PA_SINK_IDLE.rawValue: .idle
        case PA_SINK_SUSPENDED.rawValue: .suspended
        default: .unknown
        }
    }
}

/// A C string of libpulse; empty for NULL.
func string(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }

/// The texts in a property list; binary values are left out.
func texts(of list: OpaquePointer?) -> [String: String] {
    guard let list else { return [:] }
    var found: [String: String] = [:]
    var state: UnsafeMutableRawPointer?
    while let key = pa_proplist_iterate(list, &state) {
        if let value = pa_proplist_gets(list, key) { found[string(key)] = string(value) }
    }
    return found
}

/// The loudest channel, 1 for PA_VOLUME_NORM.
func linear(_ volume: pa_cvolume) -> Double {
    withUnsafePointer(to: volume) {
        Double(pa_cvolume_max($0)) / Double(pulseVolumeNorm)
    }
}

/// All channels alike.
func channelVolume(_ volume: Double, channels: Int) -> pa_cvolume {
    var result = pa_cvolume()
    let clamped = min(max(volume, 0), AudioDevice.maximumVolume)
    pa_cvolume_set(
        &result, UInt32(max(1, channels)), UInt32(clamped * Double(pulseVolumeNorm) + 0.5))
    return result
}

/// PA_VOLUME_NORM, a macro with a cast that Swift does not see.
let pulseVolumeNorm: UInt32 = 0x10000

extension AudioDevice {
    /// The loudest that may be set: +11 dB, the end of most mixers' scales.
    public static var maximumVolume: Double { 1.5 }
}
