import JSON
import PulseAudio

extension AudioDevice {
    /// As `devices.list` shows it.
    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "kind": .string(kind.rawValue),
            "description": .string(description), "default": .bool(isDefault),
            "state": .string(state.rawValue), "rate": .integer(Int64(rateHz)),
            "channels": .integer(Int64(channels)),
            "volume": .number((volume * 1_000).rounded() / 1_000),
            "muted": .bool(isMuted), "monitor": .bool(isMonitor),
        ]
        if let bluetoothProfile { object["bluetoothProfile"] = .string(bluetoothProfile) }
        return .object(object)
    }
}

extension ServerStatus {
    /// As `gateway.status` and `sound_server` show it.
    var json: JSONValue {
        let word: String
        switch state {
        case .stopped: word = "stopped"
        case .away: word = "away"
        case .connecting: word = "connecting"
        case .connected: word = "connected"
        case .refused: word = "refused"
        }
        return [
            "state": .string(word), "summary": .string(summary), "socket": .string(identity.socket),
            "tried": .array(identity.candidates.map { .string($0) }),
            "origin": .string(identity.origin), "server": .string(identity.name),
            "version": .string(identity.version), "serverUser": .string(identity.serverUser),
            "uid": .integer(Int64(identity.uid)), "cookie": .string(identity.cookiePath),
            "cookieReadable": .bool(identity.isCookieReadable), "outages": .integer(Int64(outages)),
            "hangs": .integer(Int64(hangs)), "lastOutageMs": .number(lastOutageMs.rounded()),
            "totalOutageMs": .number(totalOutageMs.rounded()),
        ]
    }
}
