import ControlProtocol
import Glibc
import JSON

/// An event on its way to subscribers; its line is made once for all that get the same.
struct ControlEvent {
    let type: EventType
    let session: String?
    let data: JSONValue
    let sequence: Int64
    /// Milliseconds since 1970.
    let timeMs: Int64

    /// The notification, with its line end.
    ///
    /// - Parameter limit: bytes of a raw event; a longer one comes as its type and size.
    func line(rawAudio: Bool, limit: Int) -> [UInt8] {
        let data = type == .transportEvent ? trimmed(rawAudio: rawAudio, limit: limit) : data
        var params: JSONObject = ["sequence": .integer(sequence), "time": .integer(timeMs)]
        if let session { params["session"] = .string(session) }
        params["type"] = .string(type.rawValue)
        params["data"] = data
        var bytes: [UInt8] = []
        JSONValue.object(["jsonrpc": "2.0", "method": "event", "params": .object(params)])
            .serialize(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// Audio as its size, and nothing over the limit.
    private func trimmed(rawAudio: Bool, limit: Int) -> JSONValue {
        let data = rawAudio ? data : RawAudio.replaced(in: data)
        var bytes: [UInt8] = []
        data.serialize(into: &bytes)
        let size = bytes.count
        guard size > limit else { return data }
        return [
            "type": data["type"] ?? .null, "truncated": true, "bytes": .integer(Int64(size)),
        ]
    }

    static var nowMs: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// Audio inside raw events.
enum RawAudio {
    /// The event with each base64 text of audio replaced by its size in bytes: `delta` of audio deltas,
    /// and `audio` anywhere.
    static func replaced(in value: JSONValue) -> JSONValue {
        let type = value["type"]?.stringValue ?? ""
        return replaced(in: value, deltaIsAudio: type.hasSuffix("audio.delta"))
    }

    private static func replaced(in value: JSONValue, deltaIsAudio: Bool) -> JSONValue {
        switch value {
        case .object(let object):
            return .object(
                object.mapMembers { name, member in
                    guard case .string(let text) = member,
                        name == "audio" || (name == "delta" && deltaIsAudio)
                    else { return replaced(in: member, deltaIsAudio: deltaIsAudio) }
                    return ["bytes": .integer(Int64(text.utf8.count * 3 / 4))]
                })
        case .array(let values):
            return .array(values.map { replaced(in: $0, deltaIsAudio: deltaIsAudio) })
        default:
            return value
        }
    }
}
