import CParleyWire
import EventLoop
import Glibc

/// One running host: its process, its control connection, and the judgement whether it is alive.
///
/// Life: launched, loaded (HELLO came), ending (nobody needs it, or it was condemned), gone. It lives
/// until its process has ended, whoever else lets go of it.
@LoopActor
final class HostProcess {
    /// For the plugin to be loaded and to introduce itself.
    static let helloLimit: Duration = .seconds(5)
    /// For a host whose sockets are closed to leave by itself.
    static let exitLimit: Duration = .seconds(2)
    /// Packets of one turn of the loop.
    private static let packetsPerTurn = 32
    /// Packets that may still lie in the socket of a host that is dead.
    private static let packetsAfterDeath = 4096

    let name: String
    private(set) var descriptor: TransportDescriptor?
    weak var delegate: (any HostProcessDelegate)?
    /// The daemon's end of the audio socket; the media engine reads and writes it.
    var audio: FileDescriptor { launched.audio }

    /// Of messages that the host has not taken.
    var waitingBytes: Int { queue.bytes }

    /// Pings answered so far, and whether something is awaited of it: an answer, or its end, which whoever
    /// started it has to report.
    var liveliness: (answered: UInt64, isAwaited: Bool) {
        let isEnding = verdict != nil || watch == nil
        return (liveness.answered, !isGone && (isEnding || liveness.hangsAtNs != nil))
    }

    private let launched: LaunchedHost
    private let running: RunningHosts
    private var number: UInt32 = 0
    private var output: HostOutput?
    private let startedNs: UInt64
    private var loadedNs: UInt64?
    private var verdict: HostDeath?
    private var isGone = false

    private var watch: Watch?
    private var isPaused = false
    /// All that it said was read, or it does not count any more.
    private var isRead = false
    private var queue = OutQueue()
    private var assembler = MessageAssembler()
    private var liveness = LivenessWatch()
    private var flow: FlowLimit
    private var limitTimer: LoopTimer?
    private var hangTimer: LoopTimer?
    private let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Int(PARLEY_WIRE_MESSAGE_MAX), alignment: 8)

    /// Starts a host for the plugin in `file`, which may read the files and directories `readable`.
    init(
        launcher: any HostLauncher, among running: RunningHosts, name: String, file: FileDescriptor,
        readable: [FileDescriptor] = [],
        helloLimit: Duration = HostProcess.helloLimit
    ) throws(HostLaunchError) {
        self.name = name
        self.running = running
        startedNs = MonotonicClock.nowNs
        flow = FlowLimit(nowNs: startedNs)
        let exit = ExitReport()
        launched = try launcher.launch(name: name, plugin: file, readable: readable) {
            exit.come($0)
        }
        watch = EventLoop.shared.watchIfPossible(launched.control.raw, for: .read) {
            [weak self] ready in
            self?.serve(ready)
        }
        guard watch != nil else {
            let code = errno
            launched.kill()
            throw .noWatches(code)
        }
        exit.receiver = self
        number = running.add(self)
        output = launched.output.map { pipe in
            HostOutput(pipe) { [weak self] line in
                guard let self else { return }
                delegate?.host(self, logged: .info, "\(self.name) printed: \(line)")
            }
        }
        limitTimer = EventLoop.shared.schedule(after: helloLimit) { [weak self] in
            let seconds = helloLimit.components.seconds
            self?.condemn(.hung, "the plugin did not finish loading within \(seconds) s")
        }
    }

    isolated deinit { room.deallocate() }

    /// Holds the host until its process has ended.
    @LoopActor private final class ExitReport {
        var receiver: HostProcess?

        func come(_ exit: HostExit) {
            receiver?.processEnded(exit)
            receiver = nil
        }
    }

    // MARK: Sending

    /// Sends a message; silently nothing once the host is ending.
    /// - Parameter isWork: whether the host must be seen to take it.
    func send(_ message: WireMessage, isWork: Bool = true) {
        guard verdict == nil, !isGone else { return }
        for packet in message.packets { enqueue(packet) }
        if isWork { probe() }
    }

    /// Checks that the host is alive: pings it, unless a ping is under way.
    func probe() {
        guard loadedNs != nil, verdict == nil, !isGone else { return }
        if let ping = liveness.workSent(nowNs: MonotonicClock.nowNs) { sendPing(ping) }
    }

    private func sendPing(_ id: UInt32) {
        let ping = WireMessage(WireHeader(kind: UInt16(PARLEY_WIRE_PING), id: id))
        for packet in ping.packets { enqueue(packet) }
        armHangTimer()
    }

    private func enqueue(_ packet: WipedBytes) {
        if queue.isEmpty {
            switch packet.withBytes({ PacketSocket.send($0, to: launched.control.raw) }) {
            case .sent, .closed: return  // its exit is on the way, and says why
            case .full: break
            }
        }
        guard queue.append(packet) else {
            condemn(.hung, "the plugin's host does not read what it is sent")
            return
        }
        updateWatch()
    }

    private func flush() {
        while let packet = queue.first {
            switch packet.withBytes({ PacketSocket.send($0, to: launched.control.raw) }) {
            case .sent: queue.removeFirst()
            case .closed: queue = OutQueue()
            case .full: return
            }
        }
        updateWatch()
    }

    private func updateWatch() {
        var interest: Readiness = isPaused ? [] : .read
        if !queue.isEmpty { interest.insert(.write) }
        watch?.change(to: interest)
    }

    // MARK: Receiving

    private func serve(_ ready: Readiness) {
        if ready.contains(.write) { flush() }
        if isPaused {
            // What it left in the socket is read when its process has ended.
            if ready.contains(.hangUp) { connectionEnds() }
            return
        }
        let nowNs = MonotonicClock.nowNs
        for _ in 0..<Self.packetsPerTurn where watch != nil {
            switch PacketSocket.receive(from: launched.control.raw, into: room) {
            case .nothing: return
            case .closed:
                isRead = true
                connectionEnds()
                return
            case .packet(let size):
                take(packetOf: size)
                let pauseNs = flow.take(bytes: size, nowNs: nowNs)
                if pauseNs > 0 {
                    pause(pauseNs)
                    return
                }
            }
        }
    }

    private func pause(_ durationNs: UInt64) {
        isPaused = true
        liveness.excuse(untilNs: MonotonicClock.nowNs + durationNs)
        updateWatch()
        _ = EventLoop.shared.schedule(after: .nanoseconds(Int64(durationNs))) { [weak self] in
            guard let self, self.isPaused else { return }
            self.isPaused = false
            self.updateWatch()
        }
    }

    private func take(packetOf size: Int) {
        do throws(HostProtocolError) {
            guard size <= room.count else { throw .bodyTooLong }
            let packet = UnsafeRawBufferPointer(rebasing: room[..<size])
            let header = try WireHeader(packet)
            let part = UnsafeRawBufferPointer(rebasing: packet[WireHeader.size...])
            guard let body = try assembler.take(header, part) else { return }
            try obey(try HostMessage(header, body))
        } catch {
            condemn(.violation, Self.violation("\(error)"))
        }
    }

    /// Why a host is killed that did what the protocol does not allow.
    static func violation(_ fault: String) -> String {
        "the plugin's host broke its protocol: \(fault)"
    }

    private func obey(_ message: HostMessage) throws(HostProtocolError) {
        switch message {
        case .hello(let major, let minor, let text):
            guard loadedNs == nil else { throw .unexpected("a second greeting") }
            greet(major, minor, text)
        case .refused(let reason):
            condemn(.refused, reason)
        case .log(let level, let text):
            delegate?.host(self, logged: level, text)
        case _ where loadedNs == nil:
            throw .unexpected("a message before its greeting")
        case .pong(let id):
            if let next = liveness.pong(id, nowNs: MonotonicClock.nowNs) { sendPing(next) }
            armHangTimer()
        case .created(let session, let isDone):
            delegate?.host(self, created: session, isDone: isDone)
        case .destroyed(let session):
            delegate?.host(self, destroyed: session)
        case .event(let session, let position, let event):
            delegate?.host(self, session: session, audioPosition: position, event: event)
        case .unusable(let session, let why):
            delegate?.host(
                self, session: session, audioPosition: 0,
                event: .log(.warning, "dropped a malformed message of the plugin: \(why)"))
        }
    }

    private func greet(_ major: UInt32, _ minor: UInt32, _ text: ArraySlice<UInt8>) {
        do throws(DescriptorError) {
            let descriptor = try TransportDescriptor(
                parsing: text, abiMajor: major, abiMinor: minor)
            limitTimer?.cancel()
            loadedNs = MonotonicClock.nowNs
            self.descriptor = descriptor
            delegate?.host(self, loaded: descriptor)
            probe()
        } catch {
            condemn(.refused, HostMessage.line(error.description))
        }
    }

    // MARK: Hanging

    private func armHangTimer() {
        guard let atNs = liveness.hangsAtNs, verdict == nil else {
            hangTimer?.cancel()
            hangTimer = nil
            return
        }
        if let timer = hangTimer, !timer.isCancelled, timer.deadlineNs <= atNs { return }
        hangTimer?.cancel()
        let nowNs = MonotonicClock.nowNs
        let left = atNs > nowNs ? atNs - nowNs : 0
        hangTimer = EventLoop.shared.schedule(after: .nanoseconds(Int64(left))) { [weak self] in
            self?.checkHang()
        }
    }

    private func checkHang() {
        hangTimer = nil
        // The answer may lie in the socket, when it was this thread that was late.
        if !isPaused { serve(.read) }
        guard let atNs = liveness.hangsAtNs else { return }
        if atNs <= MonotonicClock.nowNs {
            condemn(.hung, "the plugin did not answer for 2 s")
        } else {
            armHangTimer()
        }
    }

    // MARK: Ending

    /// Lets the host leave by itself: its last session is gone.
    func finish() {
        guard verdict == nil, !isGone else { return }
        verdict = HostDeath(.finished, "the last session of the plugin has ended")
        hangTimer?.cancel()
        shutdown(launched.control.raw, CInt(SHUT_WR))
        killUnlessGone()
    }

    /// Kills the host, for a reason that goes into its record.
    func condemn(_ kind: HostDeath.Kind, _ reason: String) {
        guard verdict == nil, !isGone else { return }
        verdict = HostDeath(kind, reason)
        limitTimer?.cancel()
        hangTimer?.cancel()
        if kind == .violation {
            // Nothing that it says from here on counts.
            isRead = true
            watch = nil
        }
        launched.kill()
    }

    private func connectionEnds() {
        watch = nil
        if verdict == nil { killUnlessGone() }
    }

    private func killUnlessGone() {
        limitTimer?.cancel()
        limitTimer = EventLoop.shared.schedule(after: Self.exitLimit) { [weak self] in
            guard let self, !self.isGone else { return }
            self.launched.kill()
        }
    }

    private func processEnded(_ exit: HostExit) {
        for _ in 0..<Self.packetsAfterDeath where !isRead {
            guard
                case .packet(let size) = PacketSocket.receive(
                    from: launched.control.raw, into: room)
            else { break }
            take(packetOf: size)
        }
        isGone = true
        running.remove(number)
        output?.finish()
        watch = nil
        limitTimer?.cancel()
        hangTimer?.cancel()
        let servedNs = loadedNs.map { MonotonicClock.nowNs - $0 }
        let death = verdict ?? HostDeath(exit: exit, isLoaded: loadedNs != nil)
        delegate?.host(self, ended: death, servedNs: servedNs)
    }
}
