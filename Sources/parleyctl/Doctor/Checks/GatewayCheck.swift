import Control
import Glibc
import JSON

/// Whether a gateway answers, and what it says of itself.
struct GatewayCheck: DoctorCheck {
    let name = "gateway"
    var view: GatewayView
    var judged: JudgedGateway

    func findings(_ machine: Machine) -> [Finding] {
        if let failure = view.failure { return [absent(failure, machine)] }
        guard let path = view.path, let info = view.info else { return [hung(machine)] }
        let role = info["role"]?.stringValue ?? "unknown"
        var findings = [
            Finding.good("parleyd \(view.version ?? "") answers at \(path), role \(role)")
        ]
        if let status = view.status {
            findings += sound(status, machine)
            findings += (status["health"]?["reasons"]?.arrayValue ?? []).compactMap(unwell)
        }
        return findings + (view.transports?["transports"]?.arrayValue ?? []).compactMap(refused)
    }

    // MARK: None answers

    private func hung(_ machine: Machine) -> Finding {
        // systemd holds the socket of a service that does not start.
        let state = ServiceUnit.look(judged.manager, machine).state
        return .problem(
            "a gateway is at \(view.path ?? ""), but it does not answer",
            why: ["", "active"].contains(state)
                ? "it hangs, or it is not parleyd" : "the service is \(state)",
            remedy: Remedy(
                "\(judged.manager.log(machine)); \(judged.manager.systemctl(machine)) restart parleyd",
                "the log first: it may say why"))
    }

    private func absent(_ error: DaemonError, _ machine: Machine) -> Finding {
        let start = ServiceUnit.look(judged.manager, machine).start(machine)
        guard case .gateway(.noDaemon(let tried)) = error else {
            return .problem("the gateway can't be asked", why: "\(error)", remedy: start)
        }
        if let closed = tried.first(where: { $0.reason == "Permission denied" }) {
            return .problem(
                "a gateway is there, but you may not talk to it",
                why: "\(closed.path): \(closed.reason)", remedy: admission(closed.path, machine))
        }
        return .problem(
            "no gateway answers",
            why: tried.map { "\($0.path): \($0.reason)" }.joined(separator: "; "), remedy: start)
    }

    /// A socket that its group may use is for members; another is for its owner.
    private func admission(_ path: String, _ machine: Machine) -> Remedy {
        guard let status = machine.status(path), status.st_mode & S_IWGRP != 0,
            status.st_gid != 0, let group = machine.groupName(status.st_gid)
        else { return Remedy(machine.sudo("parleyctl doctor --socket \(Remedy.word(path))")) }
        return Remedy(
            machine.sudo("usermod -aG \(group) \(machine.userName)"), "then log in again")
    }

    // MARK: One answers

    private func sound(_ status: JSONValue, _ machine: Machine) -> [Finding] {
        guard let server = status["soundServer"], let state = server["state"]?.stringValue else {
            return []
        }
        guard state != "connected" else {
            return [.good("the gateway is connected to its sound server")]
        }
        return [
            .problem(
                "the gateway has no sound server (\(state))",
                why: server["summary"]?.stringValue ?? "it does not say",
                remedy: SoundCheck.start(judged.manager, machine))
        ]
    }

    private func unwell(_ reason: JSONValue) -> Finding? {
        guard let text = reason.stringValue else { return nil }
        return .problem(
            "the gateway is not well", why: text,
            remedy: Remedy("parleyctl status", "and parleyctl sessions SESSION"))
    }

    private func refused(_ transport: JSONValue) -> Finding? {
        guard let reason = transport["reason"]?.stringValue else { return nil }
        let file = transport["path"]?.stringValue ?? "a plugin"
        if transport["state"]?.stringValue == "shadowed" {
            return .note("\(file) is not used", why: reason)
        }
        return .problem(
            "the gateway does not use \(file)", why: reason,
            remedy: Remedy("parleyctl reload", "once that is put right"))
    }
}
