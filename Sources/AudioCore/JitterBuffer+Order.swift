// How long the delay may be, and which packet is next.
extension JitterBuffer {
    /// Samples of delay that the network did not need lately. Where a cut is heard, look back further.
    @_noLocks
    func excess(isQuiet: Bool) -> Int64 {
        guard let margin = isQuiet ? watch.recent : watch.long else { return 0 }
        return margin - Int64(settings.targetSamples)
    }

    @_noLocks
    func mustLeaveOut(samples: Int64, isQuiet: Bool) -> Bool {
        guard count > 1 else { return false }
        if delaySamples > settings.maximumSamples { return true }
        // Several cuts in a row would be heard as a gap: one in five packets, in quiet one in two.
        guard packetsSinceCut >= (isQuiet ? 1 : 4) else { return false }
        return excess(isQuiet: isQuiet) >= samples
    }

    /// Takes the packet whose turn it is away unplayed.
    @_noLocks
    mutating func leaveOut(_ place: Int) {
        guard slots[place].sequence == nextSequence else {
            guard let first = nextWaiting() else { return }
            passLost(to: first)
            playTimestamp = slots[Self.place(first)].timestamp
            return
        }
        let samples = Int64(slots[place].header.sampleCount)
        playTimestamp = slots[place].timestamp + samples
        packetsSinceCut = 0
        watch.shift(by: -samples)
        statistics.packetsDiscarded += 1
        statistics.removedSamplesForAcceleration += Int(samples)
        remove(place)
    }

    @_noLocks
    static func place(_ sequence: Int64) -> Int { Int(sequence & Int64(slotCount - 1)) }

    @_noLocks
    func view(_ place: Int) -> JitterPacket {
        JitterPacket(
            header: slots[place].header,
            bytes: UnsafePointer(bytes + Int(slots[place].block) * settings.packetBytes),
            byteCount: slots[place].byteCount)
    }

    /// The first waiting packet's sequence number.
    @_noLocks
    func nextWaiting() -> Int64? {
        guard count > 0 else { return nil }
        var sequence = nextSequence
        while sequence <= highestSequence {
            if slots[Self.place(sequence)].sequence == sequence { return sequence }
            sequence += 1
        }
        return nil
    }

    @_noLocks
    mutating func passLost(to sequence: Int64) {
        while nextSequence < sequence {
            statistics.packetsLost += 1
            advance(wasHere: false)
        }
    }

    @_noLocks
    mutating func remove(_ place: Int) {
        slots[place].sequence = -1
        count -= 1
        freeBlocks[Self.slotCount - 1 - count] = slots[place].block
        advance(wasHere: true)
    }

    @_noLocks
    mutating func advance(wasHere: Bool) {
        history = history &<< 1 | (wasHere ? 1 : 0)
        nextSequence += 1
    }

    @_noLocks
    mutating func noteConcealed(_ samples: Int) {
        if concealedAtAStretch == 0 { statistics.concealmentEvents += 1 }
        concealedAtAStretch += samples
        statistics.concealedSamples += samples
    }
}
