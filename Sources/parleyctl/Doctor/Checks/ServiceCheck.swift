/// Whether systemd knows the gateway, starts it and keeps it.
struct ServiceCheck: DoctorCheck {
    let name = "service"

    func findings(_ machine: Machine) -> [Finding] {
        guard machine.exists("/run/systemd/system") else { return [] }
        var found: [Finding] = []
        for (flag, kind) in [("--user ", "user"), ("", "system")] {
            let state = machine.run("systemctl \(flag)is-active parleyd.service").output
            let enabled = machine.run("systemctl \(flag)is-enabled parleyd.service").output
            let log = "journalctl \(flag)-u parleyd -n 50"
            switch state {
            case "active":
                found.append(.good("the \(kind) service parleyd runs (\(enabled))"))
            case "failed":
                found.append(
                    .problem(
                        "the \(kind) service parleyd has failed",
                        why: "systemd gave up starting it; its log says why: \(log)",
                        remedy: "systemctl \(flag)reset-failed parleyd; systemctl \(flag)start "
                            + "parleyd"))
            case "activating", "reloading", "deactivating":
                found.append(
                    .note("the \(kind) service parleyd is \(state)", why: "see \(log)"))
            default:
                guard enabled == "enabled" || enabled == "disabled" || enabled == "static" else {
                    continue
                }
                found.append(
                    .note(
                        "the \(kind) service parleyd is installed and does not run (\(enabled))",
                        remedy: "systemctl \(flag)enable --now parleyd"))
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
