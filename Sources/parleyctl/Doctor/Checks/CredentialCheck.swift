import Configuration
import Glibc

/// Whether every secret that config names is where it is said to be, and reaches the gateway. What it is,
/// nobody shows.
struct CredentialCheck: DoctorCheck {
    let name = "credentials"
    var settings: Settings
    var judged: JudgedGateway

    func findings(_ machine: Machine) -> [Finding] {
        let loading = CredentialLoading(
            judged: judged, unit: UnitCredentials.look(judged.manager, machine))
        var findings: [Finding] = []
        var named: Set<String> = []
        for (user, secrets) in places {
            for (option, secret) in secrets.sorted(by: { $0.key < $1.key }) {
                let subject = "\(user): \(option)"
                switch secret.source {
                case .credential(let name):
                    named.insert(name)
                    findings.append(loading.finding(subject, name, machine))
                case .file(let path): findings.append(file(subject, path, machine))
                case .environment(let name): findings.append(variable(subject, name, machine))
                }
            }
        }
        return findings + loading.missing(except: named, machine)
    }

    private var places: [(String, [String: BoundSecret])] {
        settings.transports.sorted { $0.id < $1.id }.map { ($0.id, $0.secrets) }
            + settings.sessions.map { ($0.name, $0.secrets) }
    }

    private func variable(_ subject: String, _ name: String, _ machine: Machine) -> Finding {
        let credential = name.lowercased().map { $0 == "_" ? "-" : String($0) }.joined()
        let remedy = Remedy(
            judged.asOwner("parleyctl credential set \(credential)", machine),
            "and { credential = \"\(credential)\" } in the configuration")
        guard machine.environment[name] != nil else {
            return .warning(
                "\(subject): $\(name) is not set here",
                why: "the gateway needs it in its own environment, which can't be seen from here",
                remedy: remedy)
        }
        return .note(
            "\(subject) is in $\(name)",
            why: "every program of the user can read an environment", remedy: remedy)
    }

    // MARK: Files

    private func file(_ subject: String, _ path: String, _ machine: Machine) -> Finding {
        let word = Remedy.word(path)
        let account = judged.account
        guard let status = machine.status(path) else {
            guard !machine.isClosed(path) else {
                return .note(
                    "\(subject): whether \(path) is there can't be seen",
                    why: "a directory above it is closed to \(machine.userName)",
                    remedy: "sudo parleyctl doctor")
            }
            let owner = account.map { " -o \($0.name)" } ?? ""
            return .problem(
                "\(subject): there is no file \(path)", why: "the transport will not connect",
                remedy: Remedy(
                    judged.asOwner("install -m 600\(owner) /dev/stdin \(word)", machine),
                    "then paste the secret and press Ctrl-D"))
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .problem(
                "\(subject): \(path) is no regular file", why: "the gateway takes no other",
                remedy: Remedy("ls -ld \(word)", "the option must name a file"))
        }
        guard status.st_mode & 0o007 == 0 else {
            return .problem(
                "\(subject): \(path) is open to everybody",
                why: "the gateway refuses a secret that others can read",
                remedy: Remedy(judged.asOwner("chmod o-rwx \(word)", machine)))
        }
        // What root may read says nothing of the gateway's user.
        let mayRead = judged.isOwn ? machine.isReadable(path) : account?.mayRead(status) ?? true
        guard mayRead else {
            let reader = account?.name ?? machine.userName
            return .problem(
                "\(subject): \(reader) may not read \(path)",
                why: "it belongs to user \(status.st_uid), and the gateway runs as \(reader)",
                remedy: Remedy(machine.sudo("chown \(reader) \(word)")))
        }
        guard status.st_size > 0 else {
            return .problem(
                "\(subject): \(path) is empty", why: "the transport will not connect",
                remedy: Remedy(
                    judged.asOwner("tee \(word) >/dev/null", machine),
                    "then paste the secret and press Ctrl-D"))
        }
        return .good("\(subject) is in \(path)")
    }
}
