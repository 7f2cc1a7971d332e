import ArgumentParser
import Glibc

struct Credential: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep secrets for the daemon, as credentials of systemd.",
        subcommands: [Set.self])

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a credential, encrypted where that is possible.",
            discussion: """
                The secret is read from standard input, never from the command line; at a terminal it \
                is not shown. Root's credentials are for parleyd.service of the machine and lie in \
                /etc/parley/credentials; everybody else's are for the user's own, plain, in \
                $XDG_CONFIG_HOME/parley/credentials. systemd reads them at the next start.
                """)

        @Argument(help: "Its name, as { credential = \"NAME\" } in the configuration.")
        var name: String
        @Flag(help: "Don't encrypt it.") var plain = false
        @Option(help: "Where to write it.") var directory: String?

        func validate() throws {
            guard CredentialStore.isName(name) else {
                throw ValidationError(
                    "a credential's name has letters, digits, '.', '_' and '-', at most 64")
            }
            guard directory?.hasPrefix("/") != false else {
                throw ValidationError("--directory must be an absolute path")
            }
        }

        func run() throws {
            let secret = try HiddenInput.read(prompt: "\(name): ")
            let line = try secret.withBytes { bytes throws(DaemonError) in
                guard !bytes.isEmpty else { throw .failed("the secret is empty") }
                guard !bytes.contains(0) else { throw .failed("the secret holds a NUL byte") }
                return try CredentialStore(directory: directory, isPlain: plain).set(name, bytes)
            }
            let user = geteuid() == 0 ? "" : " --user"
            print(
                """
                The unit needs this line under [Service], once (systemctl\(user) edit parleyd):
                    \(line)
                systemd reads it at the next start: systemctl\(user) restart parleyd
                """)
        }
    }
}
