import Configuration
import Glibc

/// The way of a credential from a file through systemd into the gateway.
struct CredentialLoading {
    var judged: JudgedGateway
    /// Nil where systemd does not tell.
    var unit: UnitCredentials?

    func finding(_ subject: String, _ name: String, _ machine: Machine) -> Finding {
        let running =
            [judged.isOwn ? machine.environment["CREDENTIALS_DIRECTORY"] : nil]
            .compactMap { $0 } + [judged.credentialDirectory]
        let line = unit?.lines.first { $0.name == name }
        if let line, let fault = fault(line, machine) ?? misread(subject, line, machine) {
            return fault
        }
        let stored = places(name).first(where: machine.exists)
        if let here = running.first(where: { machine.exists("\($0)/\(name)") }) {
            // With nothing in the unit it runs out with the service, unless it comes in another way.
            guard line == nil, unit != nil, let stored, !Self.isSystemds(stored) else {
                return .good("\(subject) is loaded: \(here)/\(name)")
            }
        }
        if let line { return loaded(subject, line, machine) }
        guard let stored else { return absent(subject, name, machine) }
        return notLoaded(subject, name, stored, machine)
    }

    /// Files that the unit names, that config does not, and that are not there.
    func missing(except named: Set<String>, _ machine: Machine) -> [Finding] {
        (unit?.lines ?? []).filter { !named.contains($0.name) }.compactMap { fault($0, machine) }
    }

    // MARK: The unit has the line

    private func loaded(
        _ subject: String, _ line: UnitCredentials.Line, _ machine: Machine
    ) -> Finding {
        guard let path = line.places.first(where: machine.exists) else {
            return closed(subject, line.name, line.places, machine)
                ?? .problem(
                    "\(subject): there is no credential \(line.name)",
                    why: "parleyd.service has \(line), and none of these is there: "
                        + line.places.joined(separator: ", "),
                    remedy: setting(line.name, machine))
        }
        if machine.status(path)?.st_size == 0 {
            return .problem(
                "\(subject): \(path) is empty", why: "the transport will not connect",
                remedy: setting(line.name, machine))
        }
        if isRunningWithout(machine) {
            return .warning(
                "\(subject): the running gateway does not have credential \(line.name) yet",
                why: "systemd reads \(path) at the next start",
                remedy: "\(judged.manager.systemctl(machine)) restart parleyd")
        }
        return .good("\(subject) is in \(path), which parleyd.service loads")
    }

    /// Whether the service runs, and has not what is looked for: known where this user may look.
    private func isRunningWithout(_ machine: Machine) -> Bool {
        let directory = judged.credentialDirectory
        return ServiceUnit.look(judged.manager, machine).state == "active"
            && (!machine.exists(directory) || machine.isReadable(directory))
    }

    /// Of a path in the unit that is not there. What it looks for by a name may be missing.
    private func fault(_ line: UnitCredentials.Line, _ machine: Machine) -> Finding? {
        guard line.path.hasPrefix("/"), !machine.exists(line.path), !machine.isClosed(line.path)
        else { return nil }
        return .problem(
            "parleyd.service loads credential \(line.name) from \(line.path), which is not there",
            why: "systemd does not start the service then (status 243)",
            remedy: Remedy(
                judged.asOwner("parleyctl credential set \(line.name)", machine),
                "then: \(judged.manager.systemctl(machine)) restart parleyd"))
    }

    private func misread(
        _ subject: String, _ line: UnitCredentials.Line, _ machine: Machine
    ) -> Finding? {
        guard line.path.hasSuffix(".cred"), !line.isEncrypted else { return nil }
        return .problem(
            "\(subject): \(line.path) is encrypted, and parleyd.service loads it as it is",
            why: "the transport would show the server what no one can read",
            remedy: judged.manager.adding(
                "LoadCredentialEncrypted=\(line.name):\(line.path)", machine))
    }

    // MARK: It has not

    private func notLoaded(
        _ subject: String, _ name: String, _ path: String, _ machine: Machine
    ) -> Finding {
        guard unit != nil else {
            guard machine.exists("/run/systemd/system") else {
                let directory = path.dropLast(name.utf8.count + 1)
                return .warning(
                    "\(subject): nothing loads \(path) here",
                    why: "credentials come from systemd, which does not run",
                    remedy: Remedy(
                        "CREDENTIALS_DIRECTORY=\(Remedy.word(String(directory))) parleyd",
                        "or { file = \"…\" } in the configuration"))
            }
            return .note(
                "\(subject): \(path) is there; whether parleyd.service loads it can't be seen",
                why: "systemd does not tell",
                remedy: Remedy(
                    "\(judged.manager.systemctl(machine)) cat parleyd", "shows its LoadCredential=")
            )
        }
        let isStore = Self.isSystemds(path)
        let isEncrypted = path.hasSuffix(".cred") || path.contains("/credstore.encrypted/")
        let line = UnitCredentials.Line(
            name: name, path: isStore ? name : path, isEncrypted: isEncrypted)
        return .problem(
            "\(subject): credential \(name) is there but not loaded",
            why: "\(path) reaches the gateway only when parleyd.service says so",
            remedy: judged.manager.adding("\(line)", machine))
    }

    private func absent(_ subject: String, _ name: String, _ machine: Machine) -> Finding {
        closed(subject, name, places(name), machine)
            ?? .problem(
                "\(subject): there is no credential \(name)",
                why:
                    "none of these is there: \(places(name).joined(separator: ", ")); the transport "
                    + "will ask for the secret and not connect",
                remedy: setting(name, machine))
    }

    /// Whether a file lies in a directory that systemd looks into by itself.
    private static func isSystemds(_ path: String) -> Bool { path.contains("/credstore") }

    /// Where a credential may be kept, as `parleyctl credential set` and systemd do.
    private func places(_ name: String) -> [String] {
        let own = "\(judged.sources.directory)/credentials"
        let stores = ["/etc", "/run", "/usr/lib"].flatMap {
            ["\($0)/credstore.encrypted/\(name)", "\($0)/credstore/\(name)"]
        }
        return ["\(own)/\(name).cred", "\(own)/\(name)"] + stores
    }

    private func closed(
        _ subject: String, _ name: String, _ places: [String], _ machine: Machine
    ) -> Finding? {
        let directories = places.map { $0[..<($0.lastIndex(of: "/") ?? $0.startIndex)] }
        let closed = directories.first {
            machine.exists(String($0)) && !machine.isSearchable(String($0))
        }
        guard let closed else { return nil }
        return .note(
            "\(subject): whether credential \(name) is there can't be seen",
            why: "\(closed) is closed to \(machine.userName)", remedy: "sudo parleyctl doctor")
    }

    private func setting(_ name: String, _ machine: Machine) -> Remedy {
        Remedy(
            judged.asOwner("parleyctl credential set \(name)", machine),
            "then the line that it prints, once: "
                + "\(judged.manager.systemctl(machine)) edit parleyd")
    }
}
