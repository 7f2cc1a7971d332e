/// Whether the audio thread can get real-time priority.
struct RealTimeCheck: DoctorCheck {
    let name = "real-time"
    private static let wanted: UInt64 = 10

    /// What the running gateway says of itself; nil when none was asked.
    var gatewayIsRealTime: Bool?
    /// Whose service the gateway is.
    var manager = ServiceUnit.Manager.user

    func findings(_ machine: Machine) -> [Finding] {
        if gatewayIsRealTime == true {
            return [.good("the gateway's audio threads have real-time priority")]
        }
        let limit = machine.realTimeLimit()
        let hasLimit = machine.userID == 0 || limit == nil || limit ?? 0 >= Self.wanted
        let hasBroker = machine.exists(
            "/usr/share/dbus-1/system-services/org.freedesktop.RealtimeKit1.service")
        if gatewayIsRealTime == nil, hasLimit || hasBroker {
            return [
                .good(
                    "programs of \(machine.userName) may ask for real-time priority"
                        + (hasLimit ? "" : ", which rtkit gives"))
            ]
        }
        return [
            .warning(
                gatewayIsRealTime == false
                    ? "the gateway's audio threads run without real-time priority"
                    : "programs of \(machine.userName) may not ask for real-time priority "
                        + "(RLIMIT_RTPRIO is \(limit ?? 0)), and rtkit is not installed",
                why: "sound breaks up when the machine is busy",
                remedy: remedy(hasBroker, machine))
        ]
    }

    private func remedy(_ hasBroker: Bool, _ machine: Machine) -> Remedy {
        guard hasBroker || manager == .system else {
            return Remedy(machine.sudo("apt install rtkit"), "or a limit in limits.conf(5)")
        }
        guard manager != .system else { return manager.adding("LimitRTPRIO=20", machine) }
        return Remedy(
            "echo '@audio - rtprio 20' | \(machine.sudo("tee /etc/security/limits.d/audio.conf"))",
            "for members of group audio, from the next login; and LimitRTPRIO=20 by "
                + "\(manager.systemctl(machine)) edit parleyd")
    }
}
