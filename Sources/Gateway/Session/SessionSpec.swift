import AudioCore
import JSON

/// What a session is to be: asked for by `sessions.create` or by `[[session]]` in config.
struct SessionSpec {
    var name: String?
    var transport: String
    var local: LocalLegSpec
    /// Checked against the plugin's schema, defaults filled in, secrets taken out.
    var options: JSONObject
    /// Whether the microphone is held off while the loudspeaker plays.
    var isGated = false
    var sessionConfig: JSONObject
    var reconnect: ReconnectPolicy
    /// Of a caller that a listener heard of; nil otherwise.
    var callID: String?
}

/// The near side of a session.
enum LocalLegSpec: Equatable {
    /// Preference lists; empty for the gateway's own.
    case devices(source: [String], sink: [String])
    case stream(rateHz: Int)

    var kind: String {
        switch self {
        case .devices: "devices"
        case .stream: "stream"
        }
    }

    /// Of the sound that the engine takes from and gives to the leg.
    var rateHz: Int {
        switch self {
        case .devices: 48_000
        case .stream(let rateHz): rateHz
        }
    }
}

/// A format in force, as a session shows it.
struct LegFormat: Equatable {
    var format: AudioFormat
    var frameMs: Int
}
