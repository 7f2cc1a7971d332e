import Configuration

/// Looks at the configuration of the user who asks.
enum ConfigurationCheck {
    /// The settings, the defaults where they can't be read.
    static func run() -> (settings: Settings, findings: [Finding]) {
        do throws(ConfigurationError) {
            let settings = try Settings.load()
            let files = settings.files.joined(separator: ", ")
            let good = Finding.good(
                files.isEmpty
                    ? "no configuration file, the defaults are in force (a file would be "
                        + "\(ConfigurationSources().mainFile))"
                    : "the configuration is good: \(files)")
            return (settings, [good] + settings.warnings.map { .note("\($0)") })
        } catch {
            let findings = error.problems.map {
                Finding.problem(
                    "the configuration is wrong", why: "\($0)",
                    remedy: "correct it; parleyd --check tells when it is good")
            }
            return (Settings(), findings)
        }
    }
}
