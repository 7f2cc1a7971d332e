/// Which device somebody wants: a list, the best first. The first entry with a present device wins,
/// so a better device is taken back when it returns.
///
/// An entry is `default` (the server's default, whatever it is at the time), a glob over names and
/// descriptions (`alsa_input.usb-Jabra*`, `Jabra*`), or `property=glob` (`device.bus=usb`). A
/// monitor, the sound of a sink, is taken only where an entry spells its name out.
public struct DevicePreference: Sendable, Hashable, CustomStringConvertible {
    public let entries: [String]

    /// - Parameter entries: an empty list means `default`.
    public init(_ entries: [String] = ["default"]) {
        self.entries = entries.isEmpty ? ["default"] : entries
    }

    public var description: String { entries.joined(separator: ", ") }

    /// The best present device, or nil. Among devices that one entry matches the server's default
    /// wins, then the first by name, so the choice does not depend on the order of plugging in.
    public func pick(from devices: [AudioDevice], kind: AudioDevice.Kind) -> AudioDevice? {
        let present = devices.filter { $0.kind == kind }
        for entry in entries {
            let fitting = present.filter { Self.matches(entry, $0) }
            if let best = fitting.first(where: \.isDefault)
                ?? fitting.min(by: { $0.name < $1.name })
            {
                return best
            }
        }
        return nil
    }

    /// Why ``pick(from:kind:)`` found nothing, for people.
    public func absence(among devices: [AudioDevice], kind: AudioDevice.Kind) -> String {
        let present = devices.filter { $0.kind == kind }
        let wanted = "no \(kind.rawValue) fits \"\(description)\""
        if entries.contains("default"),
            let monitor = present.first(where: { $0.isDefault && $0.isMonitor })
        {
            return
                "\(wanted): the server's default is \(monitor.name), which hears a sink and not a "
                + "room; name it to use it"
        }
        let names = present.filter { !$0.isMonitor }.map(\.name).sorted()
        return names.isEmpty
            ? "\(wanted): the server has none"
            : "\(wanted): there are \(names.joined(separator: ", "))"
    }

    private static func matches(_ entry: String, _ device: AudioDevice) -> Bool {
        if device.isMonitor { return entry == device.name }
        if entry == "default" { return device.isDefault }
        if entry == device.name { return true }
        if let equals = entry.firstIndex(of: "="),
            let value = device.properties[String(entry[..<equals])]
        {
            return Glob(pattern: String(entry[entry.index(after: equals)...])).matches(value)
        }
        let glob = Glob(pattern: entry)
        return glob.matches(device.name) || glob.matches(device.description)
    }
}
