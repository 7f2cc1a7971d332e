import AudioCore
import DeviceLines
import EventLoop
import Synchronization

/// Sound in and out of devices: their clock drives everything here.
extension EngineThread {
    /// A microphone delivered: everything that waits goes to every session that listens to it.
    mutating func serveCapture(_ number: UInt32) {
        guard let feed = captures[number], let unmanaged = feed.pointee.line else { return }
        let line = unmanaged._withUnsafeGuaranteedRef { $0 }
        line.engineDoorbell.silence()
        defer { flushLinks() }
        while true {
            let count = line.ring.read(into: block, count: Self.blockSamples)
            guard count > 0 else { return }
            // The block's last sample is older than the newest one by what is still in the ring.
            let behindNs = UInt64(line.ring.available) * 1_000_000_000 / 48_000
            let newestNs = line.newestSampleNs.load(ordering: .relaxed)
            let sampleNs = newestNs > behindNs ? newestNs - behindNs : newestNs
            for place in 0..<sessions.end {
                guard let session = sessions[place: place], session.pointee.capture == number
                else { continue }
                sendUp(block, count: count, newestSampleNs: sampleNs, session: session)
            }
        }
    }

    /// A loudspeaker wants sound: every session that plays there gives its share.
    mutating func servePlayback(_ number: UInt32) {
        guard let feed = playbacks[number], let unmanaged = feed.pointee.line else { return }
        let line = unmanaged._withUnsafeGuaranteedRef { $0 }
        line.engineDoorbell.silence()
        var wanted = line.wantedSamples.exchange(0, ordering: .acquiring)
        guard wanted > 0 else { return }
        readLinks(nowNs: MonotonicClock.nowNs)
        while wanted > 0 {
            let count = min(wanted, Self.blockSamples, line.ring.room)
            guard count > 0 else { break }
            mixBlock(feed: feed, count: count)
            _ = line.ring.write(mix, count: count)
            feed.pointee.position += Int64(count)
            wanted -= count
        }
        line.pulseDoorbell.ring()
        let nowNs = MonotonicClock.nowNs
        let heard = line.clock.heardSamples(nowNs: nowNs)
        for place in 0..<sessions.end {
            guard let session = sessions[place: place], session.pointee.playback == number
            else { continue }
            session.pointee.meters.playbackUs.store(
                Int((feed.pointee.position - heard) * 1_000_000 / 48_000), ordering: .relaxed)
            reportHeard(session, upTo: heard + session.pointee.deviceOffset)
        }
    }

    /// Fills `mix` with the next `count` samples of everybody who plays on this device.
    private mutating func mixBlock(feed: UnsafeMutablePointer<PlaybackFeed>, count: Int) {
        mix.update(repeating: 0, count: count)
        for place in 0..<sessions.end {
            guard let session = sessions[place: place],
                session.pointee.playback == feed.pointee.number
            else { continue }
            session.pointee.deviceOffset = session.pointee.position - feed.pointee.position
            takeDown(into: block, count: count, session: session)
            session.pointee.share.store(block, at: feed.pointee.position, count: count)
            Mixer.add(block, to: mix, count: count)
        }
        feed.pointee.remember(mix, count: count)
        Mixer.limit(mix, count: count)
    }

    /// Takes one session's sound out of what the device holds but has not played: 10 ms of fade from
    /// the earliest sample that can still be changed, then nothing.
    ///
    /// - Returns: the session's position at the middle of the fade, up to which it counts as heard;
    ///   nil while the device is away.
    mutating func cutShare(of session: UnsafeMutablePointer<SessionMedia>) -> Int64? {
        guard let feed = playbacks[session.pointee.playback], let unmanaged = feed.pointee.line
        else { return nil }
        let line = unmanaged._withUnsafeGuaranteedRef { $0 }
        let end = feed.pointee.position
        let heard = line.clock.heardSamples(nowNs: MonotonicClock.nowNs)
        let fade = Int64(480)
        // What leaves within 2 ms is past changing by the time the server has read this.
        let start = max(heard + 96, end - Int64(History.capacity) + 1, 0)
        guard start < end else { return heard + session.pointee.deviceOffset }
        // One patch at a time; while one is under way, what the device holds plays out.
        guard line.patchPosition.load(ordering: .acquiring) < 0 else {
            return end + session.pointee.deviceOffset
        }
        line.patch.discard(line.patch.available)
        var position = start
        while position < end {
            let count = min(Int(end - position), Self.blockSamples)
            for index in 0..<count {
                let place = position + Int64(index)
                let gain = max(0, 1 - Float(place - start) / Float(fade))
                let share = session.pointee.share.sample(at: place)
                let rest = feed.pointee.mix.sample(at: place) - share * (1 - gain)
                session.pointee.share.replace(at: place, with: share * gain)
                feed.pointee.mix.replace(at: place, with: rest)
                mix[index] = rest
            }
            Mixer.limit(mix, count: count)
            _ = line.patch.write(mix, count: count)
            position += Int64(count)
        }
        line.patchPosition.store(start, ordering: .releasing)
        line.pulseDoorbell.ring()
        return min(start + fade / 2, end) + session.pointee.deviceOffset
    }
}
