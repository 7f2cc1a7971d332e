// What happens when a packet comes.
extension JitterBuffer {
    @_noLocks
    @discardableResult
    public mutating func insert(
        _ header: PacketHeader, bytes packet: UnsafePointer<UInt8>, byteCount: Int, now: Int64
    ) -> Arrival {
        statistics.packetsReceived += 1
        guard byteCount >= 0, byteCount <= settings.packetBytes, header.sampleCount > 0,
            header.sampleCount <= settings.rateHz
        else { return refuse() }
        guard phase.isSynchronised else {
            begin(at: header, bytes: packet, byteCount: byteCount, now: now)
            return .stored
        }
        let step = Int64(
            Int16(bitPattern: header.sequence &- UInt16(truncatingIfNeeded: highestSequence)))
        let ticks = Int64(
            Int32(bitPattern: header.timestamp &- UInt32(truncatingIfNeeded: highestTimestamp)))
        guard isPlausible(step: step, ticks: ticks) else {
            if probation == Int(header.sequence) {
                statistics.resynchronisations += 1
                begin(at: header, bytes: packet, byteCount: byteCount, now: now)
                return .stored
            }
            probation = Int(header.sequence &+ 1)
            return refuse()
        }
        probation = -1
        let sequence = highestSequence + step
        let timestamp = highestTimestamp + ticks

        if sequence < nextSequence {
            if !hasPlayed, nextSequence - sequence < 16, highestSequence - sequence < 64 {
                // Not begun yet: the spurt just starts earlier.
                nextSequence = sequence
                playTimestamp = timestamp
                history = 0
            } else {
                return refuseLate(sequence)
            }
        }
        if sequence - nextSequence >= Int64(Self.slotCount) {
            // More is missing than the buffer spans: what waits is too old to be worth it.
            statistics.packetsLost += Int(sequence - nextSequence) - count
            statistics.packetsDiscarded += count
            statistics.resynchronisations += 1
            begin(at: header, bytes: packet, byteCount: byteCount, now: now)
            return .stored
        }
        let place = Self.place(sequence)
        guard slots[place].sequence != sequence else {
            statistics.packetsDuplicated += 1
            return .duplicate
        }
        noteJitter(timestamp: timestamp, now: now)
        if phase.isPlaying {
            watch.note(margin: timestamp - playTimestamp + nextPull - now, now: now)
        }
        if sequence > highestSequence {
            highestSequence = sequence
            highestTimestamp = timestamp
        }
        store(header, sequence, timestamp, packet, byteCount, now)
        if phase.isIdle {
            phase = .gathering
            spurtStart = now
        }
        return .stored
    }

    /// Sequence and time go the same way, not too far. (A pause of the sender moves time only.)
    @_noLocks
    private func isPlausible(step: Int64, ticks: Int64) -> Bool {
        let span = Int64(settings.rateHz)
        if step > 0 { return step < 3_000 && ticks > 0 && ticks < 120 * span }
        if step < 0 { return step > -100 && ticks < 0 && ticks > -120 * span }
        return ticks == 0
    }

    @_noLocks
    private mutating func refuse() -> Arrival {
        statistics.packetsDiscarded += 1
        return .refused
    }

    @_noLocks
    private mutating func refuseLate(_ sequence: Int64) -> Arrival {
        let age = nextSequence - 1 - sequence
        if age < 64, history & (1 &<< UInt64(age)) != 0 {
            statistics.packetsDuplicated += 1
            return .duplicate
        }
        if age < 64 {
            history |= 1 &<< UInt64(age)
            statistics.packetsLost = max(0, statistics.packetsLost - 1)
        }
        statistics.packetsDiscarded += 1
        return .late
    }

    /// Begins anew with this packet.
    @_noLocks
    private mutating func begin(
        at header: PacketHeader, bytes packet: UnsafePointer<UInt8>, byteCount: Int, now: Int64
    ) {
        clear()
        // Room below for packets that come out of order.
        nextSequence = Int64(header.sequence) + 0x1_0000
        playTimestamp = Int64(header.timestamp) + 0x1_0000_0000
        highestSequence = nextSequence
        highestTimestamp = playTimestamp
        lastTransit = now - playTimestamp
        skew.restart()
        phase = .gathering
        spurtStart = now
        frameSamples = header.sampleCount
        store(header, nextSequence, playTimestamp, packet, byteCount, now)
    }

    @_noLocks
    private mutating func store(
        _ header: PacketHeader, _ sequence: Int64, _ timestamp: Int64,
        _ packet: UnsafePointer<UInt8>, _ byteCount: Int, _ now: Int64
    ) {
        let place = Self.place(sequence)
        // One for each packet that waits is in use, and the place was free.
        let block = freeBlocks[Self.slotCount - 1 - count]
        slots[place].block = block
        slots[place].sequence = sequence
        slots[place].timestamp = timestamp
        slots[place].arrival = now
        slots[place].byteCount = byteCount
        slots[place].header = header
        UnsafeMutableRawPointer(bytes + Int(block) * settings.packetBytes)
            .copyMemory(from: packet, byteCount: byteCount)
        count += 1
    }

    @_noLocks
    private mutating func noteJitter(timestamp: Int64, now: Int64) {
        let transit = now - timestamp
        let change = Double(abs(transit - lastTransit)) / Double(settings.rateHz)
        lastTransit = transit
        statistics.jitter += (change - statistics.jitter) / 16
        let rate = Double(settings.rateHz)
        skew.note(Double(timestamp) / rate, at: Double(now) / rate)
    }
}
