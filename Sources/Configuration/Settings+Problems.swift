/// For those who check options against a plugin's schema.
extension Settings {
    /// A problem at the place where `key`, such as `transports.loopback.delay`, was set; a key that
    /// was not set is placed at its table.
    public func problem(_ key: String, _ message: String) -> ConfigurationProblem {
        var place = key
        while origins[place] == nil, let point = place.lastIndex(of: ".") {
            place = String(place[..<point])
        }
        return ConfigurationProblem(origin: origins[place], key: key, message: message)
    }

    /// Warnings for options of plugins that are not there.
    public func warnings(installedTransports: some Collection<String>) -> [ConfigurationProblem] {
        transports.filter { !installedTransports.contains($0.id) }.map {
            problem(
                "transports.\($0.id)",
                "no plugin of that id is installed; its options are not used")
        }
    }
}
