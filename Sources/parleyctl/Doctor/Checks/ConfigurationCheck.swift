import Configuration

/// Looks at the configuration of the gateway that is judged.
struct ConfigurationCheck {
    let name = "configuration"
    var judged: JudgedGateway

    /// The settings, the defaults where they can't be read.
    func run(_ machine: Machine) -> (settings: Settings, findings: [Finding]) {
        if let closed = places(machine).first(where: machine.isClosed) {
            let finding = Finding.note(
                "the configuration\(judged.owner) can't be looked at",
                why:
                    "\(closed) is closed to \(machine.userName), so nothing is known of its secrets, "
                    + "servers and devices",
                remedy: "sudo parleyctl doctor")
            return (Settings(), [finding])
        }
        switch machine.settings(judged.sources) {
        case .success(let settings):
            let files = settings.files.joined(separator: ", ")
            let good = Finding.good(
                files.isEmpty
                    ? "no configuration file\(judged.owner), the defaults are in force (a file would "
                        + "be \(judged.sources.mainFile))"
                    : "the configuration\(judged.owner) is good: \(files)")
            return (settings, [good] + settings.warnings.map { .note("\($0)") })
        case .failure(let error):
            return (Settings(), error.problems.map { problem($0, machine) })
        }
    }

    /// What would be read, as far as it can be seen.
    private func places(_ machine: Machine) -> [String] {
        let more = "\(judged.sources.directory)/conf.d"
        let files = machine.names(in: more).filter { $0.hasSuffix(".toml") }
        return [judged.sources.mainFile, more] + files.map { "\(more)/\($0)" }
    }

    private func problem(_ problem: ConfigurationProblem, _ machine: Machine) -> Finding {
        let check = judged.asOwner("parleyd --check", machine)
        var remedy = Remedy(check, "shows all that is wrong")
        if case .file(let path, let line, _)? = problem.origin {
            let edit = judged.asOwner("${EDITOR:-vi} +\(line) \(Remedy.word(path))", machine)
            remedy = Remedy(edit, "then: \(check)")
        }
        return .problem(
            "the configuration\(judged.owner) is wrong", why: "\(problem)", remedy: remedy)
    }
}
