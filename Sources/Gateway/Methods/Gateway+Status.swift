import Configuration
import Control
import ControlProtocol
import EventLoop
import JSON
import PulseAudio
import Synchronization
import TransportHosting

/// `gateway.*`
extension Gateway {
    func info(_ caller: ControlCaller) -> JSONValue {
        [
            "product": "parley", "version": .string(server.version),
            "protocol": ["major": 1, "minor": 0], "role": .string(caller.role.rawValue),
            "limits": [
                "lineSize": .integer(Int64(server.limits.lineSize)),
                "largeLineSize": .integer(Int64(server.limits.largeLineSize)),
                "nesting": .integer(Int64(server.limits.nesting)),
                "requestsInFlight": .integer(Int64(server.limits.requestsInFlight)),
                "requestsPerSecond": .integer(Int64(server.limits.requestsPerSecond)),
                "clients": .integer(Int64(server.limits.clients)),
                "sessions": .integer(Int64(Self.sessionMaximum)),
            ],
        ]
    }

    var status: JSONValue {
        let problems = healthProblems
        return [
            "health": [
                "ok": .bool(problems.isEmpty), "reasons": .array(problems.map { .string($0) }),
            ],
            "uptimeS": .integer(Int64((MonotonicClock.nowNs - startedNs) / 1_000_000_000)),
            "realTime": .bool(isRealTime),
            "soundServer": pulse.status.json,
            "sessions": .array(sessions.map(\.summary)),
            "transports": .array(hosting.entries.map(\.json)),
            "clients": .integer(Int64(server.clientCount)),
        ]
    }

    /// What an operator should know, each with the place to look at.
    var healthProblems: [String] {
        var problems: [String] = []
        let needsDevices = sessions.contains { $0.spec.local.kind == "devices" }
        if needsDevices, !pulse.status.isConnected {
            problems.append("no sound server: \(pulse.status.summary)")
        }
        for session in sessions where session.state == .failed || session.state == .reconnecting {
            let reason = session.lifecycle.lastDisconnect?.reason ?? "no reason given"
            problems.append("session \(session.id) is \(session.state.name): \(reason)")
        }
        for session in sessions {
            guard case .devices(let capture, let playback) = session.leg, pulse.status.isConnected
            else { continue }
            for status in [capture.status, playback.status]
            where status.state.name == "away" || status.state.name == "suspended" {
                problems.append("session \(session.id): \(status.summary)")
            }
        }
        for entry in hosting.entries {
            if case .failed(let reason) = entry.state {
                problems.append("transport \(entry.descriptor?.id ?? entry.path) failed: \(reason)")
            }
        }
        return problems
    }

    /// Applies what can be applied now; a configuration with errors changes nothing.
    func applyReload() throws(ControlError) -> JSONValue {
        onReload(true)
        defer { onReload(false) }
        let new: Settings
        switch reloadSettings() {
        case .success(let settings): new = settings
        case .failure(let error):
            throw ControlError(
                .invalidConfig, "the configuration was not taken: \(error)",
                details: ["problems": .array(error.problems.map { .string($0.description) })])
        }
        let old = settings
        let difference = new.difference(from: old)
        settings = new
        server.limits = new.control.limits
        pool.settings = StreamSettings(new.audio)
        onSettings(new)
        hosting.reload()
        for name in difference.removedSessions {
            sessions.first { $0.spec.name == name }?.handle(.close)
        }
        if new.audio != old.audio { useConfiguredDevices() }
        startConfiguredSessions()
        let restart = difference.keys(.restart)
        if !restart.isEmpty {
            log(.warning, "a restart of parleyd is needed for \(restart.joined(separator: ", "))")
        }
        log(.info, "configuration read again", about: LogSubject(event: "reloaded"))
        return [
            "applied": .array(
                difference.changes.filter { $0.application == .live }.map { .string($0.key) }),
            "appliesToNewSessions": .array(
                difference.changes.filter { $0.application == .nextSession }.map { .string($0.key) }
            ),
            "needsRestart": .array(restart.map { .string($0) }),
            "sessionsAdded": .array(difference.addedSessions.map { .string($0) }),
            "sessionsRemoved": .array(difference.removedSessions.map { .string($0) }),
            "sessionsChanged": .array(difference.changedSessions.map { .string($0) }),
        ]
    }

    /// Sessions that named no devices of their own follow the new lists.
    private func useConfiguredDevices() {
        for session in sessions {
            if case .devices(let source, let sink) = session.spec.local,
                source.isEmpty || sink.isEmpty
            {
                session.use(session.spec.local)
            }
        }
    }

    /// Sends `levels` ten times a second while somebody asked for them, and not at all otherwise.
    func watchLevels() {
        guard levelsTimer == nil || levelsTimer?.isCancelled == true else { return }
        guard server.hasSubscribers(.levels) else { return }
        levelsTimer = EventLoop.shared.schedule(after: .milliseconds(100)) { [weak self] in
            guard let self else { return }
            levelsTimer = nil
            for session in sessions { publish("levels", of: session, session.levels) }
            watchLevels()
        }
    }
}
