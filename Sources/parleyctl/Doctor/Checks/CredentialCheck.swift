import Configuration
import Glibc

/// Whether every secret that config names is where it is said to be. What it is, nobody shows.
struct CredentialCheck: DoctorCheck {
    let name = "credentials"
    var settings: Settings
    /// Where config is read from.
    var configurationDirectory: String

    func findings(_ machine: Machine) -> [Finding] {
        settings.transports.sorted { $0.id < $1.id }.flatMap { transport in
            transport.secrets.sorted { $0.key < $1.key }.map { option, secret in
                finding("\(transport.id): \(option)", secret.source, machine)
            }
        }
    }

    private func finding(
        _ subject: String, _ source: SecretSource, _ machine: Machine
    ) -> Finding {
        switch source {
        case .credential(let name): credential(subject, name, machine)
        case .file(let path): file(subject, path, machine)
        case .environment(let name):
            machine.environment[name] == nil
                ? .warning(
                    "\(subject): $\(name) is not set here",
                    why: "the gateway needs it in its own environment, which can't be seen from "
                        + "here",
                    remedy: "parleyctl credential set NAME keeps it safer; or Environment= in the "
                        + "service")
                : .note(
                    "\(subject) is in $\(name)",
                    why: "every program of the user can read an environment",
                    remedy: "use { credential = \"…\" } where this is no machine for development")
        }
    }

    private func credential(_ subject: String, _ name: String, _ machine: Machine) -> Finding {
        var directories = [
            "/etc/credstore.encrypted", "/etc/credstore", "/run/credstore.encrypted",
            "/run/credstore", "\(configurationDirectory)/credentials",
        ]
        if let own = machine.environment["CREDENTIALS_DIRECTORY"] {
            directories.insert(own, at: 0)
        }
        let found = directories.first { machine.exists("\($0)/\(name)") }
        if let found { return .good("\(subject) is in \(found)/\(name)") }
        let closed = directories.filter { machine.exists($0) && !machine.isSearchable($0) }
        guard closed.isEmpty else {
            return .note(
                "\(subject): whether credential \(name) is there can't be seen",
                why: "\(closed.joined(separator: ", ")) is closed to \(machine.userName)",
                remedy: "sudo parleyctl doctor")
        }
        return .problem(
            "\(subject): there is no credential \(name)",
            why: "none of these has it: \(directories.joined(separator: ", ")); the transport will "
                + "ask for the secret and not connect",
            remedy: "parleyctl credential set \(name)")
    }

    private func file(_ subject: String, _ path: String, _ machine: Machine) -> Finding {
        guard let status = machine.status(path) else {
            return .problem(
                "\(subject): there is no file \(path)",
                why: "or a directory above it is closed to \(machine.userName)",
                remedy: "install -m 600 /dev/stdin \(path), then paste the secret and press Ctrl-D")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            return .problem(
                "\(subject): \(path) is no regular file", why: "the gateway takes no other",
                remedy: "put a file there")
        }
        guard status.st_mode & 0o007 == 0 else {
            return .problem(
                "\(subject): \(path) is open to everybody",
                why: "the gateway refuses a secret that others can read",
                remedy: "chmod o-rwx \(path)")
        }
        guard access(machine.root + path, R_OK) == 0 else {
            return .warning(
                "\(subject): \(machine.userName) may not read \(path)",
                why:
                    "it belongs to user \(status.st_uid); the gateway must run as that user, or be "
                    + "in the file's group",
                remedy: "chown the file to the gateway's user")
        }
        guard status.st_size > 0 else {
            return .problem(
                "\(subject): \(path) is empty", why: "the transport will not connect",
                remedy: "write the secret into it")
        }
        return .good("\(subject) is in \(path)")
    }
}
