/// Whether the audio thread can get real-time priority.
struct RealTimeCheck: DoctorCheck {
    let name = "real-time"
    private static let wanted: UInt64 = 10

    /// What the running gateway says of itself; nil when none was asked.
    var gatewayIsRealTime: Bool?

    func findings(_ machine: Machine) -> [Finding] {
        if gatewayIsRealTime == true {
            return [.good("the gateway's audio thread has real-time priority")]
        }
        let limit = machine.realTimeLimit()
        let hasLimit = machine.userID == 0 || limit == nil || limit ?? 0 >= Self.wanted
        if gatewayIsRealTime == nil, hasLimit {
            return [.good("programs of \(machine.userName) may ask for real-time priority")]
        }
        let hasBroker = machine.exists(
            "/usr/share/dbus-1/system-services/org.freedesktop.RealtimeKit1.service")
        return [
            .warning(
                gatewayIsRealTime == false
                    ? "the gateway's audio thread runs without real-time priority"
                    : "programs of \(machine.userName) may not ask for real-time priority "
                        + "(RLIMIT_RTPRIO is \(limit ?? 0))",
                why: "sound breaks up when the machine is busy"
                    + (hasBroker
                        ? "" : "; rtkit, which sound servers ask for it, is not installed"),
                remedy: "LimitRTPRIO=20 in the service (systemctl edit parleyd), or \"@audio - "
                    + "rtprio 20\" in /etc/security/limits.d/audio.conf"
                    + (hasBroker ? "" : "; apt install rtkit"))
        ]
    }
}
