/// Whether systemd knows the gateway, starts it and keeps it.
struct ServiceCheck: DoctorCheck {
    let name = "service"

    func findings(_ machine: Machine) -> [Finding] {
        guard machine.exists("/run/systemd/system") else { return [] }
        var found: [Finding] = []
        for (manager, kind) in [(ServiceUnit.Manager.user, "user"), (.system, "system")] {
            let unit = ServiceUnit.look(manager, machine)
            let log = manager.log(machine)
            switch unit.state {
            case "active":
                found.append(.good("the \(kind) service parleyd runs (\(unit.enablement))"))
            case "failed":
                found.append(
                    .problem(
                        "the \(kind) service parleyd has failed",
                        why: "systemd gave up starting it; its log says why: \(log)",
                        remedy: unit.start(machine)))
            case "activating", "reloading", "deactivating":
                found.append(
                    .note("the \(kind) service parleyd is \(unit.state)", why: "see \(log)"))
            default:
                guard unit.isInstalled else { continue }
                found.append(
                    .note(
                        "the \(kind) service parleyd is installed and does not run "
                            + "(\(unit.enablement))",
                        remedy: "\(manager.systemctl(machine)) enable --now parleyd"))
            }
        }
        let running = found.count { $0.grade == .good }
        if running > 1 {
            found.append(
                .warning(
                    "a user's and the system's gateway run at the same time",
                    why: "both want the microphone, and programs find only one of them",
                    remedy: "systemctl --user disable --now parleyd"))
        }
        return found
    }
}
