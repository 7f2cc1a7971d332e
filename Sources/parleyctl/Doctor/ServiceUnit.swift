/// parleyd.service of one of systemd's managers.
struct ServiceUnit: Equatable {
    enum Manager: Hashable {
        case system
        /// Of the user who asks.
        case user
        /// Of another user, who can only be spoken of.
        case other(name: String)
    }

    var manager: Manager
    /// "active", "failed"; empty where nothing is known.
    var state = ""
    /// "enabled", "disabled"; empty where there is no unit.
    var enablement = ""

    static func look(_ manager: Manager, _ machine: Machine) -> ServiceUnit {
        let flag: String
        switch manager {
        case .system: flag = ""
        case .user: flag = "--user "
        case .other: return ServiceUnit(manager: manager)
        }
        guard machine.exists("/run/systemd/system") else { return ServiceUnit(manager: manager) }
        return ServiceUnit(
            manager: manager,
            state: machine.run("systemctl \(flag)is-active parleyd.service").output,
            enablement: machine.run("systemctl \(flag)is-enabled parleyd.service").output)
    }

    var isInstalled: Bool {
        ["enabled", "disabled", "static"].contains(enablement) || isWanted
    }

    /// Whether somebody has said that it should run.
    var isWanted: Bool { enablement == "enabled" || !["", "inactive", "unknown"].contains(state) }

    /// What makes it run.
    func start(_ machine: Machine) -> Remedy {
        let systemctl = manager.systemctl(machine)
        switch state {
        case "failed":
            return "\(systemctl) reset-failed parleyd; \(systemctl) start parleyd"
        case "active", "reloading": return "\(systemctl) restart parleyd"
        case _ where enablement == "enabled": return "\(systemctl) start parleyd"
        case _ where isInstalled: return "\(systemctl) enable --now parleyd"
        default:
            return Remedy(
                "parleyd", "in a terminal of its own; docs/Service.md makes it a service")
        }
    }
}

extension ServiceUnit.Manager {
    /// The command that speaks to it.
    func systemctl(_ machine: Machine) -> String {
        switch self {
        case .system: machine.sudo("systemctl")
        case .user: "systemctl --user"
        case .other(let name): machine.sudo("systemctl --user --machine=\(Remedy.word("\(name)@"))")
        }
    }

    /// The command that shows the newest lines of the gateway.
    func log(_ machine: Machine) -> String {
        switch self {
        case .system: machine.sudo("journalctl -u parleyd -n 50")
        case .user: "journalctl --user -u parleyd -n 50"
        case .other: machine.sudo("journalctl --user-unit=parleyd -n 50")
        }
    }

    /// How to add a line to the unit.
    func adding(_ line: String, _ machine: Machine) -> Remedy {
        let systemctl = systemctl(machine)
        return Remedy(
            "\(systemctl) edit parleyd",
            "under [Service]: \(line); then: \(systemctl) restart parleyd")
    }
}
