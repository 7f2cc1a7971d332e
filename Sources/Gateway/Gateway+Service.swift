import EventLoop
import MediaEngine
import PulseAudio
import Synchronization
import TransportHosting

/// How far one of the daemon's loops has come.
public struct LoopProgress: Sendable, Equatable {
    public let name: String
    /// Grows while the loop turns.
    public let progress: UInt64
    /// Whether it should turn now; false where the daemon knows why it does not.
    public let hasWork: Bool
}

/// What the service manager hears about.
extension Gateway {
    /// Whether the sound server is connected, or known not to be there.
    public var isSoundSettled: Bool {
        switch pulse.status.state {
        case .connected, .away, .refused: true
        case .stopped, .connecting: false
        }
    }

    /// One line for people: what runs, and what is wrong.
    public var statusLine: String {
        let connected = sessions.count { $0.state == .connected }
        let count =
            switch sessions.count {
            case 0: "no sessions"
            case 1: "1 session, \(connected) connected"
            default: "\(sessions.count) sessions, \(connected) connected"
            }
        return (["\(count); sound server: \(pulse.status.summary)"] + failures)
            .joined(separator: "; ")
    }

    /// What will not mend itself, by name: `gateway.status` has the reasons.
    private var failures: [String] {
        let sessions = sessions.filter { $0.state == .failed }.map(\.id)
        let transports = hosting.entries.compactMap { entry -> String? in
            if case .failed = entry.state { entry.descriptor?.id ?? entry.path } else { nil }
        }
        return [("session", sessions), ("transport", transports)].compactMap { what, names in
            names.isEmpty
                ? nil
                : "FAILED: \(what)\(names.count > 1 ? "s" : "") "
                    + names.prefix(Self.namesInStatus).joined(separator: ", ")
                    + (names.count > Self.namesInStatus ? ", …" : "")
        }
    }

    private static var namesInStatus: Int { 8 }

    public var sessionCount: Int { sessions.count }

    /// Wakes every loop, so that those that live have moved by the next ``loops``.
    public func prodLoops() {
        guard !sessions.isEmpty else { return }
        engine.prod()
        if usesDevices { pulse.prod() }
    }

    /// Every loop beside the control thread's, which is who asks.
    ///
    /// Sound must move in a session that is connected. A device that is away has no clock, but then the
    /// engine's own goes on; one that the server suspended, or that is being opened, stands still and the
    /// daemon knows why. Nothing here waits for a loop that is asked about: pulse may stand still with its
    /// lock held.
    public var loops: [LoopProgress] {
        var loops = [
            LoopProgress(name: "engine", progress: engine.turns, hasWork: !sessions.isEmpty),
            LoopProgress(name: "pulse", progress: pulse.turns, hasWork: usesDevices),
        ]
        for session in sessions {
            let isConnected = session.state == .connected
            let meters = session.media.meters
            let captured = meters.capturedBlocks.load(ordering: .relaxed)
            let played = meters.playedBlocks.load(ordering: .relaxed)
            switch session.leg {
            case .none: continue
            case .stream:
                // A program may say nothing for as long as it likes.
                loops.append(
                    LoopProgress(
                        name: "output of session \(session.id)", progress: played,
                        hasWork: isConnected))
            case .devices(let capture, let playback):
                loops.append(
                    LoopProgress(
                        name: "microphone of session \(session.id)", progress: captured,
                        hasWork: isConnected && capture.state.moves))
                loops.append(
                    LoopProgress(
                        name: "loudspeaker of session \(session.id)", progress: played,
                        hasWork: isConnected && playback.state.moves))
            }
        }
        for host in hosting.liveliness {
            loops.append(
                LoopProgress(
                    name: "host of \(host.host)", progress: host.answered, hasWork: host.isAwaited))
        }
        return loops
    }

    private var usesDevices: Bool { sessions.contains { $0.spec.local.kind == "devices" } }
}

extension DeviceStatus.State {
    /// Whether something should drive the sound.
    fileprivate var moves: Bool {
        switch self {
        case .running, .away: true
        case .opening, .suspended: false
        }
    }
}
