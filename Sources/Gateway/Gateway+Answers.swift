import Configuration
import Control
import ControlProtocol
import EventLoop
import JSON
import Metrics
import PulseAudio
import TransportHosting

/// The answers to the control protocol, one line a method; parameters have been checked against
/// ``ControlMethod``'s table.
extension Gateway: ControlService {
    public func answer(
        _ method: String, _ parameters: JSONObject, from caller: ControlCaller
    ) async throws(ControlError) -> JSONValue {
        let call = Call(method: method, parameters: parameters, caller: caller)
        switch method {
        case "gateway.info": return info(caller)
        case "gateway.status": return status
        case "gateway.metrics": return metrics.collect().json
        case "gateway.reload": return try applyReload()
        case "devices.list": return devicesList
        case "devices.setVolume": return try await setVolume(call)
        case "devices.setMute": return try await setDeviceMute(call)
        case "transports.list": return transportsList
        case "transports.describe": return try describeTransport(call)
        case "sessions.create": return try await createSession(call)
        case "sessions.list": return ["sessions": .array(sessions.map(\.summary))]
        case "sessions.get": return try getSession(call)
        case "sessions.close": return try await closeSession(call)
        case "sessions.restart": return try restartSession(call)
        case "session.mute": return try await mute(call)
        case "session.setLocal": return try setLocal(call)
        case "session.interrupt": return try await interrupt(call)
        case "session.pushToTalk": return try await pushToTalk(call)
        case "session.sendAudio": return try await sendClip(call)
        case "session.provideSecret": return try provideSecret(call)
        default: return try await forward(call)
        }
    }

    public func sessionID(of name: String) -> String? { (try? session(named: name))?.id }

    public func snapshot(for role: Role) -> JSONValue {
        watchLevels()
        return ["sessions": .array(sessions.map(\.summary)), "soundServer": pulse.status.json]
    }
}

/// A checked request.
struct Call {
    let method: String
    let parameters: JSONObject
    let caller: ControlCaller

    func text(_ name: String) -> String { parameters[name]?.stringValue ?? "" }
    func flag(_ name: String, _ standard: Bool = false) -> Bool {
        parameters[name]?.boolValue ?? standard
    }
    func object(_ name: String) -> JSONObject { parameters[name]?.objectValue ?? [:] }
    /// All parameters but the session: what the plugin gets.
    var arguments: JSONValue {
        var rest = parameters
        rest["session"] = nil
        return .object(rest)
    }
}
