/// Remembers volume and mute of the devices that Parley uses or has set, so that a server that
/// comes back without them gets them again. A plain replug or another program's change is not its
/// business.
struct DeviceLevels {
    struct Level: Hashable {
        var volume: Double
        var isMuted: Bool
    }

    private struct Key: Hashable {
        let kind: AudioDevice.Kind
        let name: String
    }

    private var used: Set<Key> = []
    private var lost: [Key: Level] = [:]

    mutating func touched(_ device: AudioDevice) {
        used.insert(Key(kind: device.kind, name: device.name))
    }

    /// The server is gone; `devices` is what it had last. Levels of an earlier outage that found no
    /// device yet are kept.
    mutating func serverLost(_ devices: [AudioDevice]) {
        for device in devices {
            let key = Key(kind: device.kind, name: device.name)
            guard used.contains(key) else { continue }
            lost[key] = Level(volume: device.volume, isMuted: device.isMuted)
        }
    }

    /// What `device` had when the server went, once.
    mutating func takeLost(_ device: AudioDevice) -> Level? {
        lost.removeValue(forKey: Key(kind: device.kind, name: device.name))
    }
}
