import Configuration
import Glibc
import TransportHosting

/// Looks at the directories of transport plugins as the gateway does: what it would refuse is a problem.
struct PluginCheck: DoctorCheck {
    let name = "plugins"
    var settings: Settings
    var judged: JudgedGateway
    var prefix = PluginCheck.prefixOfProgram
    var workingDirectory = PluginCheck.currentDirectory

    func findings(_ machine: Machine) -> [Finding] {
        let directories = settings.transportDirectories(
            prefix: prefix, workingDirectory: workingDirectory, sources: judged.sources)
        var findings: [Finding] = []
        var count = 0
        for directory in directories {
            let inspection = PluginInspection(
                TransportDirectory(directory.path, isTrusted: directory.isTrusted),
                user: judged.account?.id ?? 0, group: judged.account?.group ?? 0)
            guard let inspection else { continue }
            count += inspection.names.count
            let list = inspection.names.joined(separator: ", ")
            findings.append(
                .good(
                    "\(directory.path) (\(directory.origin)): \(list.isEmpty ? "no plugin" : list)")
            )
            findings += inspection.refused.map { problem($0, machine) }
        }
        if count == 0 {
            findings.append(
                .problem(
                    "there is no transport plugin",
                    why: "none of these has one: "
                        + directories.map(\.path).joined(separator: ", "),
                    remedy: Remedy(
                        machine.sudo("apt install --reinstall parley"),
                        "or put a plugin's .so into one of them")))
        }
        return findings
    }

    private func problem(
        _ refused: PluginInspection.Refused, _ machine: Machine
    ) -> Finding {
        .problem(
            "\(refused.paths.joined(separator: ", ")) is not used by the gateway",
            why: refused.reason, remedy: remedy(refused, machine))
    }

    private func remedy(_ refused: PluginInspection.Refused, _ machine: Machine) -> Remedy {
        let trusting = "or vouch for it: parleyd --trust-transport-directory"
        switch refused.fault {
        case .foreignOwner(let path):
            return Remedy(machine.sudo("chown root \(Remedy.word(path))"), trusting)
        case .openToEveryone(let path):
            return Remedy(machine.sudo("chmod o-w \(Remedy.word(path))"), trusting)
        case .openToGroup(let path):
            return Remedy(machine.sudo("chmod g-w \(Remedy.word(path))"), trusting)
        case .link(let path):
            let word = Remedy.word(path)
            return Remedy(
                machine.sudo("cp --remove-destination \"$(readlink -f \(word))\" \(word)"))
        case .other:
            return Remedy("ls -ld \(refused.paths.map(Remedy.word).joined(separator: " "))")
        }
    }

    /// The directory above `bin` of this program.
    private static var prefixOfProgram: String {
        guard let program = realpath("/proc/self/exe", nil) else { return "/usr" }
        defer { free(program) }
        let parts = String(cString: program).split(separator: "/").dropLast(2)
        return "/" + parts.joined(separator: "/")
    }

    private static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
