import AudioCore
import EventLoop
import Glibc
import Synchronization

/// Sessions without a device: programs on the audio socket, and device sessions while their device is
/// away. Their clock is the tick.
extension EngineThread {
    mutating func tick() {
        var expirations: UInt64 = 0
        _ = read(timer, &expirations, 8)
        tick(nowNs: MonotonicClock.nowNs)
    }

    mutating func tick(nowNs: UInt64) {
        readLinks(nowNs: nowNs)
        programs.poll()
        for place in 0..<sessions.end {
            guard let session = sessions[place: place] else { continue }
            if session.pointee.isAtRest { continue }
            if session.pointee.isStream {
                serveStream(session, nowNs: nowNs)
            } else if needsTick(session) {
                bridgeAbsentDevice(session, nowNs: nowNs)
            }
        }
        flushLinks()
    }

    private mutating func serveStream(
        _ session: UnsafeMutablePointer<SessionMedia>, nowNs: UInt64
    ) {
        var due = session.pointee.takeDueSamples(nowNs: nowNs)
        if due > 0 { due += takeAhead(session, due: due) }
        takeInput(session, due: due, nowNs: nowNs)
        while due > 0 {
            let count = min(due, Self.blockSamples)
            due -= count
            giveOutput(session, count: count)
        }
        // The question costs a system call for each program.
        if session.pointee.downlink?.pointee.mayHaveNews == true {
            reportHeard(session, upTo: heardOfStream(session))
        }
        dropLostClients(session)
    }

    /// Sound that can be given out before it is due; silence never is, since sound may still come.
    private func takeAhead(
        _ session: UnsafeMutablePointer<SessionMedia>, due: Int
    ) -> Int {
        let available = session.pointee.downlink?.pointee.availableSamples ?? 0
        let limit = session.pointee.localRateHz * Self.aheadMs / 1_000
        let count = max(0, min(available - due, limit))
        session.pointee.clockSamples += Int64(count)
        return count
    }

    /// Reads what the program that is the microphone has written, at most so far ahead of the clock as
    /// ``StreamClient/aheadMs`` says: a program in real time never waits for its own frames to be
    /// due, and one that is faster is held to the pace by its full socket.
    private mutating func takeInput(
        _ session: UnsafeMutablePointer<SessionMedia>, due: Int, nowNs: UInt64
    ) {
        for index in 0..<SessionMedia.maximumClients {
            guard let client = session.pointee.clients[index], client.pointee.writes else {
                continue
            }
            client.pointee.grant(due)
            let hadEnded = client.pointee.inputEnded
            while true {
                let read = client.pointee.read(into: integers, capacity: Self.blockSamples)
                guard read > 0 else { break }
                PCM16.convert(integers, to: block, count: read)
                sendUp(block, count: read, newestSampleNs: nowNs, session: session)
            }
            if client.pointee.inputEnded && !hadEnded {
                // The answer to the input is still to come: quiet counts from here.
                session.pointee.quietSamples = 0
                tell(
                    EngineEvent(
                        kind: .clientInputEnded, number: session.pointee.number,
                        a: client.pointee.number))
            }
        }
    }

    private mutating func giveOutput(_ session: UnsafeMutablePointer<SessionMedia>, count: Int) {
        let position = session.pointee.timeline
        let hasSound = takeDown(into: block, count: count, session: session)
        session.pointee.quietSamples = hasSound ? 0 : session.pointee.quietSamples + count
        var converted = false
        for index in 0..<SessionMedia.maximumClients {
            guard let client = session.pointee.clients[index],
                hasSound || client.pointee.continuous
            else { continue }
            if !converted {
                PCM16.convert(block, to: integers, count: count)
                converted = true
            }
            let lost = client.pointee.write(integers, count: count, position: position)
            if lost > 0 { session.pointee.meters.programSamplesLost.add(lost, ordering: .relaxed) }
        }
    }

    /// What programs have taken of the session's time line: written less what sockets still hold. Of
    /// several, the last one counts.
    func heardOfStream(_ session: UnsafeMutablePointer<SessionMedia>) -> Int64 {
        let timeline = session.pointee.timeline
        var heard = timeline
        for index in 0..<SessionMedia.maximumClients {
            if let client = session.pointee.clients[index] {
                heard = min(heard, client.pointee.heard(upTo: timeline))
            }
        }
        return heard
    }

    /// Hands back clients that are gone, and those that ended their input once the session has been
    /// quiet for two seconds.
    private mutating func dropLostClients(_ session: UnsafeMutablePointer<SessionMedia>) {
        for index in 0..<SessionMedia.maximumClients {
            guard let client = session.pointee.clients[index] else { continue }
            let isDone =
                client.pointee.inputEnded
                && session.pointee.quietSamples > 2 * session.pointee.localRateHz
            guard client.pointee.isGone || isDone else { continue }
            programs.remove(client)
            client.pointee.shutDown()
            session.pointee.clients[index] = nil
            tell(
                EngineEvent(
                    kind: .retiredClient, number: session.pointee.number, a: client.pointee.number,
                    pointer: UInt(bitPattern: client)))
        }
    }

    /// A device is away: the peer hears silence instead of the microphone, and its speech passes in
    /// time without a loudspeaker.
    private mutating func bridgeAbsentDevice(
        _ session: UnsafeMutablePointer<SessionMedia>, nowNs: UInt64
    ) {
        var due = session.pointee.takeDueSamples(nowNs: nowNs)
        let captureIsAway = captures[session.pointee.capture]?.pointee.line == nil
        let playbackIsAway = playbacks[session.pointee.playback]?.pointee.line == nil
        while due > 0 {
            let count = min(due, Self.blockSamples)
            due -= count
            if captureIsAway {
                sendUp(zeros, count: count, newestSampleNs: nowNs, session: session)
            }
            if playbackIsAway {
                takeDown(into: block, count: count, session: session)
                reportHeard(session, upTo: session.pointee.timeline)
            }
        }
    }
}
