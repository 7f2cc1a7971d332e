import CLinux
import Glibc

/// Receives signals on the control thread. The signals are blocked for the calling thread and those
/// it starts later, so make one before any other thread exists.
@LoopActor
public final class SignalSource {
    private let descriptor: FileDescriptor
    private var watch: Watch?

    /// - Parameter handler: gets the signal's number.
    public init(_ signals: [CInt], handler: @escaping @LoopActor (CInt) -> Void) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let fd = signalfd(-1, &set, CInt(SFD_CLOEXEC) | CInt(SFD_NONBLOCK))
        precondition(fd >= 0, "no descriptor left for signals, errno \(errno)")
        descriptor = FileDescriptor(owning: fd)
        watch = EventLoop.shared.watch(fd, for: .read) { _ in
            var info = signalfd_siginfo()
            while read(fd, &info, MemoryLayout<signalfd_siginfo>.size)
                == MemoryLayout<signalfd_siginfo>.size
            {
                handler(CInt(info.ssi_signo))
            }
        }
    }
}
