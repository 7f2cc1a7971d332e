import AudioCore
import CLinux
import CParleyWire
import DeviceLines
import EventLoop
import Glibc
import Synchronization

/// The engine: one thread that moves the sound of every session.
///
/// It sleeps until a device delivers or wants sound, a command comes, or, while sessions without a
/// device run, the 5 ms tick. Packets of hosts wake nobody: they are read when a device or the tick
/// asks for sound. Nothing here allocates, locks or logs once a session runs; what must be freed goes
/// back to the control thread.
struct EngineThread: ~Copyable {
    static var tickNs: Int { 5_000_000 }
    /// How far the output of a stream leg may run ahead of time, so that sound which is there anyway
    /// costs a program every second tick only.
    static var aheadMs: Int { 5 }
    /// Samples of one turn of any loop: 20 ms at 48 kHz.
    static var blockSamples: Int { 960 }

    let channel: Unmanaged<EngineChannel>
    let epoll: CInt
    let timer: CInt
    let programs = ProgramWatch()
    var isTicking = false
    var isFinished = false
    var sessions = Slots<SessionMedia>(capacity: 256)
    var links = Slots<HostLink>(capacity: 64)
    var captures = Slots<CaptureFeed>(capacity: 64)
    var playbacks = Slots<PlaybackFeed>(capacity: 64)
    let block: UnsafeMutablePointer<Float>
    let mix: UnsafeMutablePointer<Float>
    let integers: UnsafeMutablePointer<Int16>
    /// A block of silence.
    let zeros: UnsafeMutablePointer<Float>

    /// What a ready descriptor means, in the data of its epoll event.
    enum Source: UInt64 { case commands = 1, tick = 2, capture = 3, playback = 4 }

    init(channel: EngineChannel) {
        self.channel = Unmanaged.passRetained(channel)
        epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        timer = timerfd_create(CLOCK_MONOTONIC, CInt(TFD_CLOEXEC) | CInt(TFD_NONBLOCK))
        precondition(epoll >= 0 && timer >= 0, "no descriptor left for the engine, errno \(errno)")
        block = .allocate(capacity: Self.blockSamples)
        mix = .allocate(capacity: Self.blockSamples)
        integers = .allocate(capacity: Self.blockSamples)
        zeros = .allocate(capacity: Self.blockSamples)
        zeros.initialize(repeating: 0, count: Self.blockSamples)
        watch(channel.engineDoorbell.fd, .commands, number: 0)
        watch(timer, .tick, number: 0)
    }

    deinit {
        close(epoll)
        close(timer)
        block.deallocate()
        mix.deallocate()
        integers.deallocate()
        zeros.deallocate()
        channel.release()
    }

    func watch(_ fd: CInt, _ source: Source, number: UInt32) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = source.rawValue << 32 | UInt64(number)
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)
    }

    func unwatch(_ fd: CInt) {
        var event = epoll_event()
        epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event)
    }

    // MARK: The loop

    mutating func run() {
        let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 32)
        defer { events.deallocate() }
        while !isFinished {
            let count = epoll_wait(epoll, events, 32, -1)
            channel._withUnsafeGuaranteedRef { _ = $0.turns.add(1, ordering: .relaxed) }
            guard count > 0 else { continue }
            for index in 0..<Int(count) {
                let tag = events[index].data.u64
                let number = UInt32(truncatingIfNeeded: tag)
                switch Source(rawValue: tag >> 32) {
                case .commands: obeyCommands()
                case .tick: tick()
                case .capture: serveCapture(number)
                case .playback: servePlayback(number)
                case nil: break
                }
            }
        }
    }

    func tell(_ event: EngineEvent) {
        let channel = channel._withUnsafeGuaranteedRef { $0 }
        // A full ring means that the control thread has hung for thousands of events; the watchdog
        // ends such a process.
        _ = channel.events.push(event)
        channel.controlDoorbell.ring()
    }

    /// Starts or stops the tick to match what needs it.
    mutating func adjustTick() {
        var isNeeded = false
        for place in 0..<sessions.end {
            guard let session = sessions[place: place] else { continue }
            if needsTick(session) { isNeeded = true }
        }
        guard isNeeded != isTicking else { return }
        isTicking = isNeeded
        var setting = itimerspec()
        if isNeeded {
            setting.it_interval.tv_nsec = Self.tickNs
            setting.it_value.tv_nsec = Self.tickNs
        }
        timerfd_settime(timer, 0, &setting, nil)
    }

    /// Stream legs, and device legs while a device is away: time goes on for them.
    func needsTick(_ session: UnsafeMutablePointer<SessionMedia>) -> Bool {
        if session.pointee.isAtRest { return false }
        if session.pointee.isStream { return true }
        return captures[session.pointee.capture]?.pointee.line == nil
            || playbacks[session.pointee.playback]?.pointee.line == nil
    }
}
