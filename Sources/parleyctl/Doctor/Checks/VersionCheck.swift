import Glibc

/// What runs here, for reports, and whether the parts fit together.
struct VersionCheck: DoctorCheck {
    let name = "versions"
    /// Of the running gateway; nil when none answers.
    var gateway: String?
    var ours = Parleyctl.version
    /// Whose service the gateway is.
    var manager = ServiceUnit.Manager.user

    func findings(_ machine: Machine) -> [Finding] {
        var kernel = utsname()
        uname(&kernel)
        let release = withUnsafeBytes(of: &kernel.release) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        var words = ["parleyctl \(ours)"]
        if let gateway { words.append("parleyd \(gateway)") }
        words.append("Linux \(release)")
        let systemd = machine.run("systemctl --version").output.split(separator: "\n").first ?? ""
        if systemd.hasPrefix("systemd ") {
            words.append(systemd.split(separator: " ").prefix(2).joined(separator: " "))
        }
        let all = Finding.good(words.joined(separator: ", "))
        guard let gateway, gateway != ours else { return [all] }
        return [
            all,
            .warning(
                "the gateway is version \(gateway), this program \(ours)",
                why: "a gateway that was not restarted after an update runs the old code",
                remedy: "\(manager.systemctl(machine)) restart parleyd"),
        ]
    }
}
