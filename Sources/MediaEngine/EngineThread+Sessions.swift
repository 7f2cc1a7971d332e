import AudioCore
import CParleyWire
import EventLoop
import Synchronization

/// What a session does with a block of sound, whatever its local leg is.
extension EngineThread {
    /// From the local leg to the plugin. A muted session sends silence, so that the peer's clock goes
    /// on.
    mutating func sendUp(
        _ samples: UnsafePointer<Float>, count: Int, newestSampleNs: UInt64,
        session: UnsafeMutablePointer<SessionMedia>
    ) {
        let meters = session.pointee.meters
        meters.capturedBlocks.add(1, ordering: .relaxed)
        if session.pointee.inputMeter.measure(samples, count: count) {
            meters.input.store(session.pointee.inputMeter.reading)
        }
        sendBarrierIfPending(session)
        guard let uplink = session.pointee.uplink else { return }
        // While a barrier waits for room on the socket, nothing may overtake it.
        let wireNumber = session.pointee.pendingBarrier == 0 ? session.pointee.wireNumber : 0
        let isGated = session.pointee.gate.isClosed(atNs: newestSampleNs)
        if isGated {
            meters.gateClosedUs.add(
                count * 1_000_000 / session.pointee.localRateHz, ordering: .relaxed)
        }
        let isSilent = session.pointee.inputMuted || isGated
        uplink.pointee.process(
            isSilent ? UnsafePointer(zeros) : samples, count: count,
            wireNumber: wireNumber, newestSampleNs: newestSampleNs,
            link: links[session.pointee.link], meters: meters)
    }

    /// The next `count` samples of what the peer says, at the rate of the local leg; silence where
    /// there is none.
    ///
    /// - Returns: whether any of it was more than silence.
    @discardableResult
    mutating func takeDown(
        into samples: UnsafeMutablePointer<Float>, count: Int,
        session: UnsafeMutablePointer<SessionMedia>
    ) -> Bool {
        let meters = session.pointee.meters
        meters.playedBlocks.add(1, ordering: .relaxed)
        var hasSound = false
        if let downlink = session.pointee.downlink {
            hasSound = downlink.pointee.produce(
                into: samples, count: count, position: session.pointee.timeline,
                isAudible: session.pointee.isAudible)
            downlink.pointee.publish(to: meters)
        } else {
            Mixer.silence(samples, count: count)
        }
        session.pointee.position += Int64(count)
        if session.pointee.outputMuted { Mixer.silence(samples, count: count) }
        if session.pointee.outputMeter.measure(samples, count: count) {
            meters.output.store(session.pointee.outputMeter.reading)
        }
        if session.pointee.gate.isEnabled, hasSound {
            let latencyUs = max(0, meters.playbackUs.load(ordering: .relaxed))
            session.pointee.gate.play(
                peak: session.pointee.outputMeter.reading.peak, nowNs: MonotonicClock.nowNs,
                latencyNs: UInt64(latencyUs) * 1_000)
        }
        return hasSound
    }

    /// Sends what this turn has staged for the hosts, and tells of those that take nothing.
    func flushLinks() {
        for place in 0..<links.end {
            guard let link = links[place: place] else { continue }
            link.pointee.flush()
            if link.pointee.takeDoubt() {
                tell(EngineEvent(kind: .linkIsFull, number: link.pointee.number))
            }
        }
    }

    /// Reads what the hosts have sent, as far as their budgets go; what is left is read in later turns.
    mutating func readLinks(nowNs: UInt64) {
        for place in 0..<links.end {
            guard let link = links[place: place] else { continue }
            readLink(link, nowNs: nowNs)
        }
    }

    private mutating func readLink(_ link: UnsafeMutablePointer<HostLink>, nowNs: UInt64) {
        while true {
            switch link.pointee.receive(nowNs: nowNs) {
            case .frame(let packet): deliver(packet, from: link.pointee.number)
            case .malformed:
                tell(EngineEvent(kind: .linkIsMalformed, number: link.pointee.number))
            case .nothing: return
            }
        }
    }

    private func deliver(_ packet: AudioPacket, from link: UInt32) {
        for place in 0..<sessions.end {
            guard let session = sessions[place: place], session.pointee.link == link,
                session.pointee.wireNumber == packet.header.session
            else { continue }
            let meters = session.pointee.meters
            meters.framesReceived.add(1, ordering: .relaxed)
            guard packet.header.generation == session.pointee.generation else {
                meters.framesStale.add(1, ordering: .relaxed)
                return
            }
            if session.pointee.downlink?.pointee.receive(packet) != true {
                meters.framesRefused.add(1, ordering: .relaxed)
            }
            return
        }
    }

    /// Tells which items began or ended for the listener, now that he has heard `position`.
    func reportHeard(_ session: UnsafeMutablePointer<SessionMedia>, upTo position: Int64) {
        guard let downlink = session.pointee.downlink else { return }
        while let notice = downlink.pointee.nextNotice(heard: position) {
            tell(playback(notice, of: session))
        }
    }

    /// Stops what the peer says: fade, drop, count, and a new generation.
    mutating func interrupt(_ session: UnsafeMutablePointer<SessionMedia>, cause: UInt32) {
        let cut: Int64
        if session.pointee.isStream {
            cut = heardOfStream(session)
        } else {
            cut = cutShare(of: session) ?? session.pointee.timeline
        }
        // What is on the socket was sent before the plugin can know of this: it belongs to the past.
        readLinks(nowNs: MonotonicClock.nowNs)
        if let downlink = session.pointee.downlink {
            reportHeard(session, upTo: cut)
            while let notice = downlink.pointee.nextFlushed() {
                var event = playback(notice, of: session)
                event.b = cause
                tell(event)
            }
        }
        session.pointee.generation &+= 1
        var end = EngineEvent(kind: .playback, number: session.pointee.number)
        end.a = UInt32(PARLEY_PLAYBACK_FLUSH_END)
        end.b = cause
        end.generation = session.pointee.generation
        tell(end)
    }

    private func playback(
        _ notice: PlaybackNotice, of session: UnsafeMutablePointer<SessionMedia>
    ) -> EngineEvent {
        var event = EngineEvent(kind: .playback, number: session.pointee.number)
        event.a = notice.kind
        event.generation = session.pointee.generation
        event.contentIndex = notice.item.contentIndex
        event.hasItem = notice.item.isNamed
        event.item = notice.item
        event.rateHz = notice.rateHz
        event.heardSamples = notice.heardSamples
        event.receivedSamples = notice.receivedSamples
        return event
    }

    // MARK: Mute

    /// The mute barrier, engine's part: nothing that was captured before is sent any more, and the
    /// plugin is told to do the same behind everything that was.
    mutating func muteInput(
        _ session: UnsafeMutablePointer<SessionMedia>, muted: Bool, barrier: UInt32
    ) {
        session.pointee.inputMuted = muted
        guard muted else { return }
        session.pointee.uplink?.pointee.dropHeldSamples()
        session.pointee.pendingBarrier = barrier
        sendBarrierIfPending(session)
    }

    private mutating func sendBarrierIfPending(_ session: UnsafeMutablePointer<SessionMedia>) {
        let barrier = session.pointee.pendingBarrier
        guard barrier != 0 else { return }
        guard session.pointee.wireNumber != 0, let link = links[session.pointee.link] else {
            session.pointee.pendingBarrier = 0
            return
        }
        var header = parley_wire_audio()
        header.version = UInt16(PARLEY_WIRE_VERSION)
        header.session = session.pointee.wireNumber
        header.flags = UInt32(PARLEY_WIRE_FRAME_BARRIER)
        header.sequence = barrier
        if link.pointee.send(header) {
            session.pointee.pendingBarrier = 0
            session.pointee.meters.framesSent.add(1, ordering: .releasing)
        }
    }
}
