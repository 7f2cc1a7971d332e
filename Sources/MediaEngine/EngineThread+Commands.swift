import AudioCore
import DeviceLines
import EventLoop

/// What the control thread asks for. Ownership moves by pointer: in with the command, back with an
/// event of kind `retired…`.
extension EngineThread {
    mutating func obeyCommands() {
        let channel = channel._withUnsafeGuaranteedRef { $0 }
        channel.engineDoorbell.silence()
        while let command = channel.commands.pop() { obey(command) }
        adjustTick()
    }

    private mutating func obey(_ command: EngineCommand) {
        switch command.kind {
        case .addLink, .removeLink: changeLinks(command)
        case .addCapture, .removeCapture, .setCaptureLine: changeCaptures(command)
        case .addPlayback, .removePlayback, .setPlaybackLine: changePlaybacks(command)
        case .addSession:
            if let session = UnsafeMutablePointer<SessionMedia>(bitPattern: command.pointer) {
                _ = sessions.insert(session, number: command.number)
            }
        case .removeSession:
            if let session = sessions.remove(command.number) { retire(session) }
        case .finish:
            isFinished = true
        case .setUplink, .setDownlink, .bind, .attachPeer, .attachClient, .sendClip, .muteInput,
            .muteOutput,
            .interrupt, .encoderHints, .setGate, .rest:
            if let session = sessions[command.number] { change(session, command) }
        }
    }

    private mutating func change(
        _ session: UnsafeMutablePointer<SessionMedia>, _ command: EngineCommand
    ) {
        switch command.kind {
        case .setUplink:
            retire(.retiredUplink, session.pointee.uplink)
            session.pointee.uplink = UnsafeMutablePointer(bitPattern: command.pointer)
        case .setDownlink:
            retire(.retiredDownlink, session.pointee.downlink)
            session.pointee.downlink = UnsafeMutablePointer(bitPattern: command.pointer)
        case .bind:
            session.pointee.capture = command.a
            session.pointee.playback = command.b
            session.pointee.clockStartNs = 0
        case .attachPeer:
            session.pointee.link = command.a
            session.pointee.wireNumber = command.b
            session.pointee.isAtRest = false
        case .attachClient:
            attach(UnsafeMutablePointer(bitPattern: command.pointer), to: session)
        case .sendClip:
            sendClip(UnsafeMutablePointer(bitPattern: command.pointer), session)
        case .muteInput:
            muteInput(session, muted: command.a != 0, barrier: command.b)
        case .muteOutput:
            session.pointee.outputMuted = command.a != 0
            if command.a != 0 { _ = cutShare(of: session) }
        case .interrupt:
            interrupt(session, cause: command.a)
        case .encoderHints:
            session.pointee.uplink?.pointee
                .adapt(lossPercent: Int(command.a), bitrateBps: Int(command.b))
        case .setGate:
            session.pointee.gate.isEnabled = command.a != 0
        case .rest:
            session.pointee.link = 0
            session.pointee.wireNumber = 0
            session.pointee.capture = 0
            session.pointee.playback = 0
            session.pointee.clockStartNs = 0
            session.pointee.isAtRest = true
        default:
            break
        }
    }

    private mutating func changeLinks(_ command: EngineCommand) {
        if command.kind == .addLink {
            if let link = UnsafeMutablePointer<HostLink>(bitPattern: command.pointer) {
                _ = links.insert(link, number: command.number)
            }
            return
        }
        for place in 0..<sessions.end {
            guard let session = sessions[place: place], session.pointee.link == command.number
            else { continue }
            session.pointee.link = 0
            session.pointee.wireNumber = 0
        }
        retire(.retiredLink, links.remove(command.number))
    }

    private mutating func changeCaptures(_ command: EngineCommand) {
        switch command.kind {
        case .addCapture:
            if let feed = UnsafeMutablePointer<CaptureFeed>(bitPattern: command.pointer) {
                _ = captures.insert(feed, number: command.number)
            }
        case .removeCapture:
            setLine(of: captures[command.number], to: nil)
            retire(.retiredCaptureFeed, captures.remove(command.number))
        default:
            setLine(of: captures[command.number], to: line(command.pointer))
        }
    }

    private mutating func changePlaybacks(_ command: EngineCommand) {
        switch command.kind {
        case .addPlayback:
            if let feed = UnsafeMutablePointer<PlaybackFeed>(bitPattern: command.pointer) {
                _ = playbacks.insert(feed, number: command.number)
            }
        case .removePlayback:
            setLine(of: playbacks[command.number], to: nil)
            retire(.retiredPlaybackFeed, playbacks.remove(command.number))
        default:
            setLine(of: playbacks[command.number], to: line(command.pointer))
        }
    }

    private func setLine(
        of feed: UnsafeMutablePointer<CaptureFeed>?, to line: Unmanaged<CaptureLine>?
    ) {
        guard let feed else { return }
        if let old = feed.pointee.line {
            unwatch(old._withUnsafeGuaranteedRef { $0.engineDoorbell.fd })
            retire(.retiredCaptureLine, old.toOpaque())
        }
        feed.pointee.line = line
        if let line {
            watch(
                line._withUnsafeGuaranteedRef { $0.engineDoorbell.fd }, .capture,
                number: feed.pointee.number)
        }
    }

    private func setLine(
        of feed: UnsafeMutablePointer<PlaybackFeed>?, to line: Unmanaged<PlaybackLine>?
    ) {
        guard let feed else { return }
        if let old = feed.pointee.line {
            settle(feed: feed, line: old)
            unwatch(old._withUnsafeGuaranteedRef { $0.engineDoorbell.fd })
            retire(.retiredPlaybackLine, old.toOpaque())
        }
        feed.pointee.begin(line: line)
        if let line {
            watch(
                line._withUnsafeGuaranteedRef { $0.engineDoorbell.fd }, .playback,
                number: feed.pointee.number)
        }
    }

    /// The device goes: what it has played until now was heard, what it still holds never will be.
    private func settle(feed: UnsafeMutablePointer<PlaybackFeed>, line: Unmanaged<PlaybackLine>) {
        let heard = line._withUnsafeGuaranteedRef {
            $0.clock.heardSamples(nowNs: MonotonicClock.nowNs)
        }
        for place in 0..<sessions.end {
            guard let session = sessions[place: place],
                session.pointee.playback == feed.pointee.number
            else { continue }
            reportHeard(session, upTo: heard + session.pointee.deviceOffset)
        }
    }

    private func line<Line>(_ pointer: UInt) -> Unmanaged<Line>? {
        UnsafeRawPointer(bitPattern: pointer).map { Unmanaged<Line>.fromOpaque($0) }
    }

    /// At once, not in real time: the peer's buffer takes it.
    private func sendClip(
        _ clip: UnsafeMutablePointer<Clip>?, _ session: UnsafeMutablePointer<SessionMedia>
    ) {
        guard let clip else { return }
        if !session.pointee.inputMuted, let samples = clip.pointee.samples.baseAddress {
            session.pointee.uplink?.pointee.append(
                samples, count: clip.pointee.samples.count, wireNumber: session.pointee.wireNumber,
                newestSampleNs: MonotonicClock.nowNs, link: links[session.pointee.link],
                meters: session.pointee.meters)
            // The next command may take the session or the host away.
            flushLinks()
        }
        tell(
            EngineEvent(
                kind: .clipSent, number: session.pointee.number, a: clip.pointee.number,
                pointer: UInt(bitPattern: clip)))
    }

    private func attach(
        _ client: UnsafeMutablePointer<StreamClient>?,
        to session: UnsafeMutablePointer<SessionMedia>
    ) {
        guard let client else { return }
        for index in 0..<SessionMedia.maximumClients where session.pointee.clients[index] == nil {
            session.pointee.clients[index] = client
            session.pointee.quietSamples = 0
            programs.add(client)
            return
        }
        // The control thread keeps count; this is only reached when it miscounts.
        client.pointee.shutDown()
        tell(
            EngineEvent(
                kind: .retiredClient, number: session.pointee.number, a: client.pointee.number,
                pointer: UInt(bitPattern: client)))
    }

    private func retire(_ session: UnsafeMutablePointer<SessionMedia>) {
        retire(.retiredUplink, session.pointee.uplink)
        retire(.retiredDownlink, session.pointee.downlink)
        for index in 0..<SessionMedia.maximumClients {
            guard let client = session.pointee.clients[index] else { continue }
            programs.remove(client)
            client.pointee.shutDown()
            tell(
                EngineEvent(
                    kind: .retiredClient, number: session.pointee.number, a: client.pointee.number,
                    pointer: UInt(bitPattern: client)))
        }
        retire(.retiredSession, session)
    }

    private func retire(_ kind: EngineEvent.Kind, _ pointer: UnsafeMutableRawPointer?) {
        guard let pointer else { return }
        tell(EngineEvent(kind: kind, pointer: UInt(bitPattern: pointer)))
    }
}
