import JSON
import ParleyTransport

/// The realtime session config: what clients asked for so far, and the payloads of `session.update`
/// made from it.
///
/// Clients may write names in camelCase or snake_case, nested (GA) or flat (the older shape). A
/// change says only what changes; what was said before stays, the audio formats above all.
public struct SessionConfiguration: Sendable, Hashable {
    public static let defaultModel = "gpt-realtime-2.1"

    /// The two shapes of the protocol.
    public enum Dialect: Sendable, Hashable {
        /// `session.type`, `session.audio`.
        case generalAvailability
        /// Flat fields, as servers before GA and many compatible ones speak.
        case beta
    }

    /// What was asked for, in the API's names. A member that is missing was never mentioned; null
    /// was asked for.
    var fields = JSONObject()
    /// The two channels of `audio`, likewise.
    var input = JSONObject()
    var output = JSONObject()
    /// Members that this module does not know, passed on as they are.
    var extra = JSONObject()
    /// `auto`, null or an object; never part of the payload.
    var tracing: JSONValue = "auto"
    /// Used when the config names no model.
    public var model: String

    /// - Parameter model: the connection's (option or URL).
    public init(_ config: JSONObject = [:], model: String = SessionConfiguration.defaultModel) {
        self.model = model
        apply(config)
    }

    /// The format of the microphone, as the engine must deliver it.
    public var inputFormat: AudioFormat { Self.format(input["format"]) }
    /// The format of the speech.
    public var outputFormat: AudioFormat { Self.format(output["format"]) }

    /// Formats of the engine; one that it does not know counts as PCM at 24 kHz.
    static func format(_ wire: JSONValue?) -> AudioFormat {
        switch wire?["type"]?.stringValue {
        case "audio/pcmu": .pcmu
        case "audio/pcma": .pcma
        default:
            switch wire?["rate"]?.integerValue {
            case 8000: .pcm8000
            case 16000: .pcm16000
            case 48000: .pcm48000
            default: .pcm24000
            }
        }
    }
}
