import Control
import JSON

/// What the doctor learns from the daemon, if there is one.
struct GatewayView {
    var findings: [Finding] = []
    /// Nil when it does not answer.
    var version: String?
    var isRealTime: Bool?
    /// Nil when it does not answer.
    var sound: GatewaySound?
}

/// Looks at the daemon, if there is one.
enum GatewayCheck {
    static func look(_ gateway: GatewayOptions) -> GatewayView {
        let client: ControlClient
        do throws(DaemonError) {
            client = try gateway.connect()
        } catch {
            return GatewayView(findings: [absent(error)])
        }
        let info = try? client.answer("gateway.info", timeout: .seconds(5))
        guard let info else {
            return GatewayView(findings: [
                .problem(
                    "a gateway is at \(client.path), but it does not answer",
                    why: "it hangs, or it is not parleyd",
                    remedy:
                        "look at its log: journalctl --user -u parleyd, or journalctl -u parleyd")
            ])
        }
        var view = GatewayView(version: info["version"]?.stringValue)
        view.findings = [
            Finding.good(
                "parleyd \(info["version"]?.stringValue ?? "") answers at \(client.path), "
                    + "role \(info["role"]?.stringValue ?? "unknown")")
        ]
        if let status = try? client.answer("gateway.status", timeout: .seconds(5)) {
            view.findings += findings(status: status)
            view.isRealTime = status["realTime"]?.boolValue
        }
        view.sound = (try? client.answer("devices.list", timeout: .seconds(5))).flatMap {
            GatewaySound($0)
        }
        if let answer = try? client.answer("transports.list", timeout: .seconds(5)) {
            view.findings += (answer["transports"]?.arrayValue ?? []).compactMap(refused)
        }
        return view
    }

    private static func absent(_ error: DaemonError) -> Finding {
        guard case .gateway(.noDaemon(let tried)) = error else {
            return .problem(
                "the gateway can't be asked", why: "\(error)", remedy: "start parleyd again")
        }
        let closed = tried.first { $0.reason == "Permission denied" }
        if let closed {
            return .problem(
                "a gateway is there, but you may not talk to it",
                why: "\(closed.path): \(closed.reason)",
                remedy: "ask to be put into the socket's group, then log in again")
        }
        return .problem(
            "no gateway answers",
            why: tried.map { "\($0.path): \($0.reason)" }.joined(separator: "; "),
            remedy: "systemctl --user start parleyd, or run parleyd")
    }

    private static func findings(status: JSONValue) -> [Finding] {
        var findings: [Finding] = []
        if let server = status["soundServer"], let state = server["state"]?.stringValue {
            if state == "connected" {
                findings.append(.good("the gateway is connected to its sound server"))
            } else {
                findings.append(
                    .problem(
                        "the gateway has no sound server (\(state))",
                        why: server["summary"]?.stringValue ?? "it does not say",
                        remedy: "see what is said about the sound server below; the gateway "
                            + "connects by itself"))
            }
        }
        for reason in status["health"]?["reasons"]?.arrayValue ?? [] {
            guard let text = reason.stringValue else { continue }
            findings.append(
                .problem(
                    "the gateway is not well", why: text,
                    remedy: "parleyctl status and parleyctl sessions SESSION show more"))
        }
        return findings
    }

    private static func refused(_ transport: JSONValue) -> Finding? {
        guard let reason = transport["reason"]?.stringValue else { return nil }
        if transport["state"]?.stringValue == "shadowed" {
            return .note("\(transport["path"]?.stringValue ?? "a plugin") is not used", why: reason)
        }
        let file = transport["path"]?.stringValue ?? "a plugin"
        return .problem(
            "the gateway does not use \(file)", why: reason,
            remedy: "put that right, then parleyctl reload")
    }
}
