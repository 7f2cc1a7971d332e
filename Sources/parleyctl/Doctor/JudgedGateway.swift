import Configuration
import Glibc

/// The gateway that the doctor looks at: the one that answers, else the one that a program would find. Its
/// configuration, secrets, plugins and devices are looked at, whoever asks.
struct JudgedGateway {
    var manager: ServiceUnit.Manager
    /// Nil when nobody knows, as where the account of the service does not exist.
    var account: Account?
    var sources: ConfigurationSources
    /// Whether the user who asks runs it, or would.
    var isOwn: Bool

    /// - Parameter sockets: where programs look for a gateway, in order.
    static func find(
        _ view: GatewayView, sockets: [String], _ machine: Machine
    ) -> JudgedGateway {
        let place = view.path ?? sockets.first(where: machine.exists)
        let isSystem = place?.hasPrefix("/run/parley/") ?? isSystemWanted(machine)
        guard let userID = view.userID else {
            return isSystem || machine.userID == 0 ? silentSystem(machine) : own(.user, machine)
        }
        guard userID != machine.userID else {
            return own(isSystem || userID == 0 ? .system : .user, machine)
        }
        let account = machine.account(userID)
        guard place?.hasPrefix("/run/user/\(userID)/") == true else {
            return JudgedGateway(
                manager: .system, account: account, sources: machines, isOwn: false)
        }
        let variables = [
            "HOME": account?.home ?? "", "XDG_RUNTIME_DIR": "/run/user/\(userID)",
        ]
        return JudgedGateway(
            manager: .other(name: account?.name ?? "#\(userID)"), account: account,
            sources: ConfigurationSources(environment: Environment(variables), userID: userID),
            isOwn: false)
    }

    /// Where nothing is at any place: whether it is the system's that somebody has enabled, or at least installed.
    private static func isSystemWanted(_ machine: Machine) -> Bool {
        let system = ServiceUnit.look(.system, machine)
        let user = ServiceUnit.look(.user, machine)
        return machine.userID == 0 || system.isWanted && !user.isWanted
            || system.isInstalled && !user.isInstalled
    }

    private static func silentSystem(_ machine: Machine) -> JudgedGateway {
        // Without a service root's is what root starts.
        guard machine.userID != 0 || ServiceUnit.look(.system, machine).isInstalled else {
            return own(.system, machine)
        }
        let account = machine.accountNamed("parley")
        return JudgedGateway(
            manager: .system, account: account, sources: machines,
            isOwn: account?.id == machine.userID)
    }

    private static func own(
        _ manager: ServiceUnit.Manager, _ machine: Machine
    ) -> JudgedGateway {
        JudgedGateway(
            manager: manager, account: machine.account(machine.userID),
            sources: ConfigurationSources(
                environment: machine.environment,
                userID: manager == .system ? 0 : machine.userID),
            isOwn: true)
    }

    /// Those of a service of the system: /etc/parley, and nothing of who asks.
    private static var machines: ConfigurationSources {
        ConfigurationSources(environment: Environment([:]), userID: 0)
    }

    // MARK: For sentences and commands

    /// Behind a noun.
    var owner: String {
        if isOwn { return "" }
        return switch manager {
        case .other(let name): " of \(name)'s gateway"
        case .system, .user: " of the system's gateway"
        }
    }

    /// A command as who may read and write what is this gateway's.
    func asOwner(_ command: String, _ machine: Machine) -> String {
        manager == .user ? command : machine.sudo(command)
    }

    /// Where systemd puts the credentials of the running service.
    var credentialDirectory: String {
        manager == .system
            ? "/run/credentials/parleyd.service"
            : "/run/user/\(sources.userID)/credentials/parleyd.service"
    }
}
