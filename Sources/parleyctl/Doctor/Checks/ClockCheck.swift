import CLinux
import Glibc

/// The wall clock, and whether anybody keeps it right.
struct ClockReading: Equatable {
    var secondsSince1970: Int
    /// By the kernel (adjtimex(2)); nil when it does not tell.
    var isSynchronised: Bool?

    static var now: ClockReading {
        let isKept = parley_clock_is_kept()
        return ClockReading(
            secondsSince1970: time(nil), isSynchronised: isKept < 0 ? nil : isKept == 1)
    }
}

/// Certificates are valid from and until a time: a wrong clock makes every one of them a forgery.
struct ClockCheck: DoctorCheck {
    let name = "clock"
    /// 2026-01-01: this program is younger.
    private static let earliest = 1_767_225_600

    func findings(_ machine: Machine) -> [Finding] {
        let clock = machine.clock()
        guard clock.secondsSince1970 >= Self.earliest else {
            return [
                .problem(
                    "the clock is years behind",
                    why: "no certificate is valid yet, so no peer can be reached by TLS",
                    remedy: "timedatectl set-ntp true")
            ]
        }
        switch clock.isSynchronised {
        case true?: return [.good("the clock is synchronised")]
        case false?:
            return [
                .note(
                    "nobody keeps the clock right",
                    why: "when it is off by much, certificates are not valid",
                    remedy: "timedatectl set-ntp true")
            ]
        case nil: return [.good("the clock is plausible")]
        }
    }
}
