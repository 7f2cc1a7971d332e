import Configuration

/// The environment in which the transports of a gateway look for a proxy: that of their service.
enum ProxyVariables {
    static func of(_ judged: JudgedGateway, _ machine: Machine) -> Environment {
        let unit = ServiceUnit.look(judged.manager, machine)
        let show = "show --property=Environment --value"
        switch judged.manager {
        case .system where unit.isInstalled:
            // Plugins have a unit of their own; any name will do for an instance.
            return environment(
                machine.run("systemctl \(show) parleyd.service").output.split(separator: " ")
                    + machine.run("systemctl \(show) parley-host@doctor.service").output
                    .split(separator: " "))
        case .user where unit.state == "active":
            return environment(
                machine.run("systemctl --user show-environment").output.split(separator: "\n")
                    + machine.run("systemctl --user \(show) parleyd.service").output
                    .split(separator: " "))
        case .system, .user, .other: return machine.environment
        }
    }

    /// Of `NAME=value`; of values with spaces, which those of proxies have not, the rest is lost.
    private static func environment(_ words: [Substring]) -> Environment {
        var variables: [String: String] = [:]
        for word in words {
            let parts = word.filter { $0 != "\"" }.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased().hasSuffix("_proxy") {
                variables[String(parts[0])] = String(parts[1])
            }
        }
        return Environment(variables)
    }
}
