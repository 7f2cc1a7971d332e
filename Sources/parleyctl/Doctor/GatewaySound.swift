import Glibc
import JSON
import PulseAudio

/// The sound server and the devices of a gateway that another user runs, as the gateway tells.
struct GatewaySound: Equatable {
    var userID: UInt32
    /// Of that user, for commands.
    var userName: String
    var isConnected: Bool
    var summary: String
    var socket: String
    var server: String
    var devices: [AudioDevice]

    /// - Parameter answer: of `devices.list`; nil when it is of another version.
    init?(_ answer: JSONValue) {
        guard let server = answer["soundServer"], let id = server["uid"]?.integerValue,
            let userID = UInt32(exactly: id)
        else { return nil }
        self.userID = userID
        userName = getpwuid(userID).map { String(cString: $0.pointee.pw_name) } ?? "#\(userID)"
        isConnected = server["state"]?.stringValue == "connected"
        summary = server["summary"]?.stringValue ?? ""
        socket = server["socket"]?.stringValue ?? ""
        self.server =
            "\(server["server"]?.stringValue ?? "") \(server["version"]?.stringValue ?? "")"
        devices = ["sources", "sinks"].flatMap { answer[$0]?.arrayValue ?? [] }.compactMap {
            AudioDevice($0)
        }
    }

    /// What goes before `pactl`, so that it speaks to that server.
    var prefix: String { "sudo -u '\(userName)' PULSE_SERVER=unix:\(socket) " }
}

extension AudioDevice {
    /// A device of `devices.list`.
    fileprivate init?(_ value: JSONValue) {
        guard let kind = value["kind"]?.stringValue.flatMap(Kind.init(rawValue:)),
            let name = value["name"]?.stringValue
        else { return nil }
        // What tells the mode of a Bluetooth device; the other properties the gateway keeps.
        let profile = value["bluetoothProfile"]?.stringValue
        self.init(
            kind: kind, index: 0, name: name, description: value["description"]?.stringValue ?? "",
            properties: profile.map { ["device.bus": "bluetooth", "bluetooth.protocol": $0] }
                ?? [:],
            state: value["state"]?.stringValue.flatMap(State.init(rawValue:)) ?? .unknown,
            rateHz: Int(value["rate"]?.integerValue ?? 0),
            channels: Int(value["channels"]?.integerValue ?? 0),
            volume: value["volume"]?.numberValue ?? 1,
            isMuted: value["muted"]?.boolValue ?? false,
            isMonitor: value["monitor"]?.boolValue ?? false,
            isDefault: value["default"]?.boolValue ?? false)
    }
}
