import Configuration
import Glibc

/// Whether this user has a place for sockets, and keeps it after logging out: a user's sound server and a
/// user's service live there.
struct LoginCheck: DoctorCheck {
    let name = "login"

    func findings(_ machine: Machine) -> [Finding] {
        guard machine.userID != 0 else {
            return [
                .note(
                    "you are root", why: "sound servers and user services belong to a login",
                    remedy: Remedy(
                        "sudo -iu NAME parleyctl doctor",
                        "where NAME is the user whose gateway it is"))
            ]
        }
        return [runtimeDirectory(machine), lingering(machine)]
    }

    private func runtimeDirectory(_ machine: Machine) -> Finding {
        let usual = "/run/user/\(machine.userID)"
        guard let path = machine.environment["XDG_RUNTIME_DIR"] else {
            return .problem(
                "XDG_RUNTIME_DIR is not set",
                why: "the sound server and a user's gateway are looked for there; su and cron do "
                    + "not set it",
                remedy: machine.exists(usual)
                    ? "export XDG_RUNTIME_DIR=\(usual)"
                    : Remedy(
                        machine.sudo("machinectl shell \(machine.userName)@"), "or log in anew"))
        }
        guard let status = machine.status(path) else {
            return .problem(
                "XDG_RUNTIME_DIR is \(path), which is not there",
                why: "systemd removes it when the last login of \(machine.userName) ends",
                remedy: "loginctl enable-linger \(machine.userName)")
        }
        guard status.st_uid == machine.userID else {
            return .problem(
                "XDG_RUNTIME_DIR is \(path), which belongs to user \(status.st_uid)",
                why: "programs refuse a directory of somebody else; sudo and su keep the variable",
                remedy: Remedy(
                    "export XDG_RUNTIME_DIR=\(usual)", "or log in as \(machine.userName)"))
        }
        guard status.st_mode & 0o077 == 0 else {
            return .warning(
                "\(path) is open to others",
                why: "whoever can enter it can reach sockets that have no other protection",
                remedy: "chmod 700 \(Remedy.word(path))")
        }
        return .good("XDG_RUNTIME_DIR is \(path)")
    }

    private func lingering(_ machine: Machine) -> Finding {
        guard machine.exists("/run/systemd/system") else {
            return .note("systemd does not run here", why: "nothing starts a gateway by itself")
        }
        guard machine.exists("/var/lib/systemd/linger/\(machine.userName)") else {
            return .note(
                "\(machine.userName) does not linger",
                why: "a user's gateway and sound server end with the last login, and do not start "
                    + "with the machine",
                remedy: "loginctl enable-linger \(machine.userName)")
        }
        return .good("\(machine.userName) lingers: user services start with the machine")
    }
}
