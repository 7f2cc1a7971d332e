import AudioCore
import Configuration
import Control
import ControlProtocol
import EventLoop
import JSON
import MediaEngine
import Opus
import Synchronization
import TransportHosting

/// The far side: what the plugin tells, and what the engine tells that the plugin must know.
extension Session: TransportSessionDelegate, MediaSessionDelegate {
    /// The plugin's side of this session, opened when there is none, with the first formats that it
    /// named.
    func openTransport() throws(SessionFailure) -> TransportSession {
        if let transport { return transport }
        guard let descriptor = gateway.hosting.transport(spec.transport),
            let first = descriptor.formatsIn.first, let last = descriptor.formatsOut.first,
            let toPeer = AudioFormat(first), let fromPeer = AudioFormat(last)
        else { throw .transport("there is no transport '\(spec.transport)' any more") }
        self.descriptor = descriptor
        try setFormat(.toPeer, toPeer, ptimeMs: 0)
        try setFormat(.fromPeer, fromPeer, ptimeMs: 0)
        let transport = try open()
        self.transport = transport
        secrets.stopWaiting()
        secretReads.stopWaiting()
        let meters = media.meters
        transport.audioPosition = { meters.framesSent.load(ordering: .acquiring) }
        framesSentBefore += Int(
            clamping: meters.framesSent.exchange(0, ordering: .relaxed))
        media.attachPeer(link: gateway.links.hold(transport), wireNumber: transport.number)
        if isInputMuted { media.muteInput(true, barrier: 0) }
        toldListeners = nil
        tellListeners()
        return transport
    }

    /// Lets the plugin know what clients listen to, if it does not know yet.
    func tellListeners() {
        guard let transport else { return }
        let hearing = gateway.server.hearsRawEvents(of: id)
        var heard: HeardEvents = []
        if hearing.events { heard.insert(.rawEvents) }
        if hearing.audio { heard.insert(.rawAudio) }
        guard heard != toldListeners else { return }
        toldListeners = heard
        transport.listeners(heard)
    }

    private func open() throws(SessionFailure) -> TransportSession {
        do throws(TransportOpenError) {
            return try gateway.hosting.open(spec.transport, delegate: self)
        } catch .notBefore(let ns, let reason) {
            let nowNs = MonotonicClock.nowNs
            throw .later(afterMs: ns > nowNs ? Int((ns - nowNs) / 1_000_000) + 1 : 0, reason)
        } catch .launch(let error) where error.mayPass {
            throw .passing(error.description)
        } catch {
            throw .transport("\(error)")
        }
    }

    func transport(
        _ session: TransportSession, told event: TransportEvent, audioPosition: UInt64
    ) {
        guard session === transport else { return }
        switch event {
        case .status(let status): take(status)
        case .event(let type, let data): hear(type, data)
        case .format(let direction, let format, let ptimeMs):
            negotiated(direction, format, ptimeMs: Int(ptimeMs))
        case .network(let lossPercent, let bitrateBps, let ptimeMs):
            media.adaptEncoder(lossPercent: Int(lossPercent), bitrateBps: Int(bitrateBps))
            if ptimeMs > 0, let uplink {
                negotiated(.toPeer, uplink.format, ptimeMs: Int(ptimeMs))
            }
        case .statistics(let data): statistics = data
        case .incoming(let callID, let data): gateway.incoming(callID, data, at: self)
        case .interrupt(let cause): media.interrupt(cause: cause.rawValue)
        case .complete(let command, let result, let data): complete(command, result, data)
        case .secretRequested(let name): giveSecret(name)
        case .barrierPassed(let sequence): complete(sequence, .done, nil)
        case .log(let level, let text):
            gateway.log(level, "session \(id): \(text)", about: pluginSubject)
        case .hostDied(let death): hostDied(death)
        }
    }

    private func take(_ status: TransportStatus) {
        switch status {
        case .connected: handle(.connected)
        case .listening:
            listen()
            handle(.connected)
        case .disconnected(let retry, let code, let reason):
            endTurns()
            handle(.lost(.init(retry: .init(retry), code: code, reason: reason)))
        // The session's own state tells these: it was the one who asked.
        case .connecting, .disconnecting: break
        }
    }

    /// Tells of what the peer will not finish.
    private func endTurns() {
        for event in unfinished.end(conversation.items) { take(event.type, event.data) }
    }

    /// An event of the plugin: one that is the daemon's to tell is dropped like a malformed one.
    private func hear(_ type: String, _ data: JSONValue) {
        guard EventType(rawValue: type)?.isOfTransports != false else {
            return gateway.log(
                .warning,
                "session \(id): dropped a malformed message of the plugin: event \(type): only the "
                    + "daemon tells it",
                about: LogSubject(session: id, transport: spec.transport, isFromPlugin: true))
        }
        take(type, data)
    }

    private func take(_ type: String, _ data: JSONValue) {
        unfinished.hear(type, data)
        switch type {
        case "item_update":
            _ = conversation.update(data)
            if gateway.settings.logging.transcripts, let line = TranscriptLine(data) {
                gateway.log(.info, "session \(id): \(line.text)", about: pluginSubject)
            }
        case "item_deleted":
            if let id = data["itemId"]?.stringValue { conversation.remove(id: id) }
        default: break
        }
        gateway.publish(type, of: self, data)
    }

    private func hostDied(_ death: HostDeath) {
        media.detachPeer()
        if let transport { gateway.links.release(transport) }
        transport = nil
        failPending(.notConnected)
        endTurns()
        let retry: SessionLifecycle.Disconnect.Retry = death.kind == .refused ? .never : .now
        handle(
            .lost(.init(retry: retry, code: "host_died", reason: death.reason, isHosts: true)))
    }

    // MARK: Formats

    private func negotiated(
        _ direction: TransportDirection, _ format: TransportFormat, ptimeMs: Int
    ) {
        guard let audioFormat = AudioFormat(format), let descriptor else { return }
        let known = direction == .toPeer ? descriptor.formatsIn : descriptor.formatsOut
        guard known.contains(format) else {
            return complain(.format, "the plugin chose \(format), which it never offered")
        }
        negotiated(direction, audioFormat, ptimeMs: ptimeMs)
    }

    private func negotiated(
        _ direction: TransportDirection, _ format: AudioFormat, ptimeMs: Int
    ) {
        do throws(SessionFailure) {
            try setFormat(direction, format, ptimeMs: ptimeMs)
        } catch {
            handle(.lost(error.disconnect))
        }
    }

    private func setFormat(
        _ direction: TransportDirection, _ format: AudioFormat, ptimeMs: Int
    ) throws(SessionFailure) {
        let frameMs = ptimeMs > 0 ? min(max(ptimeMs, 10), 60) / 10 * 10 : gateway.settings.frameMs
        let wanted = LegFormat(format: format, frameMs: frameMs)
        do {
            switch direction {
            case .toPeer where uplink != wanted:
                try media.setUplink(
                    format: format, frameMs: frameMs,
                    opus: OpusEncoder.Settings(gateway.settings.opus))
                uplink = wanted
            case .fromPeer where downlink != wanted:
                try media.setDownlink(
                    format: format, settings: DownlinkSettings(gateway.settings.jitter))
                downlink = wanted
            case .toPeer, .fromPeer: break
            }
        } catch {
            throw .media("\(error)")
        }
    }

    // MARK: Playback

    func played(_ feedback: PlaybackFeedback) {
        generation = max(generation, feedback.generation)
        if let report = PlaybackReport(feedback) { transport?.playback(report) }
        let owns = descriptor?.capabilities.contains(.ownsOutputBuffer) ?? false
        if let data = interruption.take(feedback, always: owns) {
            interruptions += 1
            gateway.publish("audio_interrupted", of: self, data)
        }
    }
}

extension SessionLifecycle.Disconnect.Retry {
    init(_ retry: TransportRetry) {
        switch retry {
        case .now: self = .now
        case .later(let afterMs): self = .later(afterMs: Int(clamping: afterMs))
        case .never: self = .never
        case .ended: self = .ended
        }
    }
}

extension AudioFormat {
    init?(_ format: TransportFormat) {
        self.init(rawCodec: format.codec.rawValue, rateHz: format.rateHz)
    }
}

extension PlaybackReport {
    init?(_ feedback: PlaybackFeedback) {
        guard let kind = Kind(rawValue: feedback.kind) else { return nil }
        self.init(
            kind, cause: TransportCause(rawValue: feedback.cause), generation: feedback.generation,
            itemID: feedback.itemID, contentIndex: feedback.contentIndex, rateHz: feedback.rateHz,
            heardSamples: feedback.heardSamples, receivedSamples: feedback.receivedSamples)
    }
}
