import CLinux
import Glibc

/// Signals as a descriptor to poll. They are blocked for the process from then on.
final class SignalDescriptor {
    let fd: CInt

    init(_ signals: [CInt]) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        fd = signalfd(-1, &set, CInt(SFD_CLOEXEC) | CInt(SFD_NONBLOCK))
    }

    deinit { close(fd) }

    /// The next signal, or nil when none waits.
    func next() -> CInt? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        return read(fd, &info, size) == size ? CInt(info.ssi_signo) : nil
    }
}
