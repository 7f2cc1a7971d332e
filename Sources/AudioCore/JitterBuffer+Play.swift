// What the listener gets: packets, and what stands in for them.
extension JitterBuffer {
    /// Says what is to be played from `now` on.
    /// - Parameter isQuiet: whether what was played last is so quiet that a cut in it is not heard.
    @_noLocks
    public mutating func pull(now: Int64, isQuiet: Bool = false) -> JitterPull {
        if phase.isGathering {
            guard now - spurtStart >= Int64(settings.targetSamples) else { return .wait }
            startSpurt(now: now)
        }
        guard phase.isPlaying else { return .wait }
        // Each turn leaves out a packet or ends; there are at most 64.
        while true {
            guard count > 0 else { return fillTime(now: now) }
            let place = Self.place(nextSequence)
            guard slots[place].sequence == nextSequence else {
                if let filling = fillLoss(now: now) { return filling }
                continue
            }
            if let pause = fillPause(until: slots[place].timestamp, now: now) { return pause }
            let samples = slots[place].header.sampleCount
            if mustLeaveOut(samples: Int64(samples), isQuiet: isQuiet),
                !slots[place].header.endsItem
            {
                leaveOut(place)
                continue
            }
            return emit(place, now: now)
        }
    }

    /// The engine got the sound of a lost packet from the copy in the next.
    @_noLocks
    public mutating func noteRecovered(sampleCount: Int) {
        statistics.fecPacketsReceived += 1
        statistics.concealedSamples = max(0, statistics.concealedSamples - sampleCount)
    }

    /// Drops what waits and begins anew with the next packet, whatever its counters.
    @_noLocks
    public mutating func flush() {
        clear()
        phase = .unsynchronised
    }

    @_noLocks
    mutating func clear() {
        var place = 0
        while place < Self.slotCount {
            slots[place].sequence = -1
            freeBlocks[place] = UInt8(truncatingIfNeeded: place)
            place += 1
        }
        count = 0
        history = 0
        inserted = 0
        hasPlayed = false
        probation = -1
        concealedAtAStretch = 0
        senderIsSilent = false
    }

    @_noLocks
    private mutating func startSpurt(now: Int64) {
        phase = .playing
        inserted = 0
        hasPlayed = true
        watch.restart(now: now)
        guard let first = nextWaiting() else { return }
        passLost(to: first)
        playTimestamp = slots[Self.place(first)].timestamp
        // After a stall everything comes at once: keep the newest.
        while count > 1, delaySamples > settings.maximumSamples {
            leaveOut(Self.place(nextSequence))
        }
    }

    @_noLocks
    private mutating func emit(_ place: Int, now: Int64) -> JitterPull {
        let header = slots[place].header
        let samples = Int64(header.sampleCount)
        frameSamples = header.sampleCount
        playTimestamp = slots[place].timestamp + samples
        nextPull = now + samples
        // What filled time was no loss: its packet is here.
        statistics.insertedSamplesForDeceleration += Int(inserted)
        inserted = 0
        packetsSinceCut += 1
        concealedAtAStretch = 0
        senderIsSilent = slots[place].byteCount <= settings.silentPacketBytes
        let rate = Double(settings.rateHz)
        statistics.jitterBufferDelay +=
            Double(now - slots[place].arrival) / rate * Double(samples)
        statistics.jitterBufferEmittedCount += header.sampleCount
        let packet = view(place)
        remove(place)
        return .packet(packet)
    }

    /// Nothing waits. The packet may still come, so its turn stays.
    @_noLocks
    private mutating func fillTime(now: Int64) -> JitterPull {
        let samples = frameSamples
        let limit = senderIsSilent ? settings.rateHz : settings.concealmentSamples
        guard inserted + Int64(samples) <= Int64(limit) else {
            phase = .idle
            return .wait
        }
        inserted += Int64(samples)
        nextPull = now + Int64(samples)
        guard !senderIsSilent else { return .silence(sampleCount: samples) }
        noteConcealed(samples)
        return .conceal(sampleCount: samples, next: nil)
    }

    /// The next packet is missing and a later one is here.
    @_noLocks
    private mutating func fillLoss(now: Int64) -> JitterPull? {
        guard let following = nextWaiting() else { return .wait }
        let place = Self.place(following)
        var missing = slots[place].timestamp - playTimestamp
        // Time that was filled already while waiting for it.
        let filled = max(0, min(missing, inserted))
        if filled > 0 {
            playTimestamp += filled
            inserted -= filled
            missing -= filled
        }
        guard missing > 0 else {
            passLost(to: following)
            return nil
        }
        let samples = min(missing, Int64(frameSamples))
        statistics.packetsLost += 1
        advance(wasHere: false)
        playTimestamp += samples
        if excess(isQuiet: true) >= samples {
            watch.shift(by: -samples)
            statistics.removedSamplesForAcceleration += Int(samples)
            return nil
        }
        nextPull = now + samples
        noteConcealed(Int(samples))
        if concealedAtAStretch > settings.concealmentSamples {
            statistics.silentConcealedSamples += Int(samples)
            return .silence(sampleCount: Int(samples))
        }
        let isRightBefore = nextSequence == following && samples == missing
        return .conceal(sampleCount: Int(samples), next: isRightBefore ? view(place) : nil)
    }

    /// The next packet is here but begins later than the last one ended: the sender paused.
    @_noLocks
    private mutating func fillPause(until timestamp: Int64, now: Int64) -> JitterPull? {
        var pause = timestamp - playTimestamp
        guard pause > 0 else {
            playTimestamp = timestamp
            return nil
        }
        let filled = min(pause, inserted)
        inserted -= filled
        pause -= filled
        // A pause is the best place to shorten the delay.
        let removed = min(pause, max(0, excess(isQuiet: true)))
        if removed > 0 {
            watch.shift(by: -removed)
            statistics.removedSamplesForAcceleration += Int(removed)
            pause -= removed
        }
        playTimestamp = timestamp - pause
        guard pause > 0 else { return nil }
        if pause > Int64(settings.maximumSamples) {
            // It is here, so the sender's clock jumped rather than paused.
            playTimestamp = timestamp
            return nil
        }
        let samples = min(pause, Int64(frameSamples))
        playTimestamp += samples
        nextPull = now + samples
        return .silence(sampleCount: Int(samples))
    }
}
