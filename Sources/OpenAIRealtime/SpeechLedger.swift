import ParleyTransport

/// What was received of each item's speech, until it was heard or cut off. From this and from the
/// playback reports, which follow the device's clock, the truncations are made; no other clock
/// takes part, because the server generates faster than real time.
struct SpeechLedger: Sendable {
    struct Key: Sendable, Hashable {
        var itemID: String
        var contentIndex: Int
    }

    struct Entry: Sendable, Equatable {
        let key: Key
        let responseID: String?
        let format: AudioFormat
        /// Samples given to the engine.
        var received = 0
        /// The first half of a sample whose second half was not in the same event.
        var halfSample: UInt8?
        var isEnded = false
        /// Cut off; its truncation goes out when the flush tells how much was heard.
        var isCut = false
        /// Of a server that is left: it can't be truncated.
        var isForeign = false
        /// As the reports said last.
        var heardSamples: UInt64 = 0
        var heardRateHz = 0
    }

    struct Truncation: Sendable, Equatable {
        var key: Key
        var endMs: Int
    }

    private static let limit = 256

    private(set) var entries: [Entry] = []
    /// Responses and items that were cut off and may still send.
    private var cutResponses: [String] = []
    private var cutItems: [String] = []

    /// Whether something was received that the listener has not heard to its end.
    var isSpeaking: Bool { !entries.isEmpty }
    /// Whether there is something that a barge-in could cut.
    var hasUncut: Bool { entries.contains { !$0.isCut } }

    func isCut(itemID: String, responseID: String?) -> Bool {
        if !cutItems.isEmpty, cutItems.contains(itemID) { return true }
        guard let responseID, !cutResponses.isEmpty else { return false }
        return cutResponses.contains(responseID)
    }

    func isUncut(_ position: PlaybackPosition) -> Bool {
        place(of: position).map { !entries[$0].isCut } ?? false
    }

    /// The place of the entry, made when there is none.
    mutating func place(_ key: Key, responseID: String?, format: AudioFormat) -> Int {
        if let place = entries.lastIndex(where: { $0.key == key }) { return place }
        entries.append(Entry(key: key, responseID: responseID, format: format))
        if entries.count > Self.limit { entries.removeFirst() }
        return entries.count - 1
    }

    mutating func update(_ place: Int, _ body: (inout Entry) -> Void) { body(&entries[place]) }

    /// Marks the end of an item's audio. Its entry, when there is one that was not ended before.
    mutating func end(_ key: Key) -> Entry? {
        guard let place = entries.lastIndex(where: { $0.key == key }), !entries[place].isEnded,
            !entries[place].isCut
        else { return nil }
        entries[place].isEnded = true
        return entries[place]
    }

    /// Entries of a response that is over whose end was never told.
    mutating func endAll(of responseID: String?) -> [Entry] {
        cutResponses.removeAll { $0 == responseID }
        return entries.indices.compactMap { place in
            guard entries[place].responseID == responseID, !entries[place].isEnded,
                !entries[place].isCut
            else { return nil }
            entries[place].isEnded = true
            return entries[place]
        }
    }

    /// What is still to be heard of another connection; its entries that must be told to have ended.
    mutating func takeOver(from old: SpeechLedger) -> [Entry] {
        let open = old.entries.filter { !$0.isEnded && !$0.isCut }
        let all = old.entries.map { entry in
            var entry = entry
            entry.isEnded = true
            entry.isForeign = true
            return entry
        }
        entries.insert(contentsOf: all, at: 0)
        return open
    }

    /// The listener hears no more of what is there: late audio of it is dropped from here on.
    mutating func cut(running responseIDs: [String]) {
        for place in entries.indices {
            entries[place].isCut = true
            remember(entries[place].key.itemID)
        }
        for responseID in responseIDs where !cutResponses.contains(responseID) {
            cutResponses.append(responseID)
        }
        if cutResponses.count > 64 { cutResponses.removeFirst(cutResponses.count - 64) }
    }

    private mutating func remember(_ itemID: String) {
        guard !cutItems.contains(itemID) else { return }
        cutItems.append(itemID)
        if cutItems.count > 64 { cutItems.removeFirst() }
    }

    /// The first late audio of an item of which nothing was played: it must end at 0. nil when the
    /// item is known as cut.
    mutating func cutLate(_ key: Key) -> Truncation? {
        guard !cutItems.contains(key.itemID) else { return nil }
        remember(key.itemID)
        return Truncation(key: key, endMs: 0)
    }

    mutating func heard(_ position: PlaybackPosition) {
        guard let place = place(of: position) else { return }
        entries[place].heardSamples = position.heardSamples
        entries[place].heardRateHz = position.rateHz
    }

    /// The item is over. What the listener missed of it because he was not there is a truncation.
    mutating func finished(_ position: PlaybackPosition) -> Truncation? {
        guard let place = place(of: position) else { return nil }
        var entry = entries.remove(at: place)
        guard position.heardSamples < position.receivedSamples else { return nil }
        entry.heardSamples = position.heardSamples
        entry.heardRateHz = position.rateHz
        return Self.truncation(entry, noMoreThanMs: .max)
    }

    /// An unfinished item was cut off. nil when all of it was heard, or nobody knows it.
    mutating func flushed(_ position: PlaybackPosition) -> Truncation? {
        guard let place = place(of: position) else { return nil }
        var entry = entries.remove(at: place)
        remember(entry.key.itemID)
        entry.heardSamples = position.heardSamples
        entry.heardRateHz = position.rateHz
        let reportedMs = Self.milliseconds(position.receivedSamples, position.rateHz)
        return Self.truncation(entry, noMoreThanMs: reportedMs)
    }

    /// The flush is complete: what was cut and has no report never reached the listener's queue, or
    /// had been played as far as the last report said.
    mutating func flushEnd() -> [Truncation] {
        let cut = entries.filter(\.isCut)
        entries.removeAll(where: \.isCut)
        return cut.compactMap { Self.truncation($0, noMoreThanMs: .max) }
    }

    /// Rounded down, so it is never above what was heard, and never above what was received.
    private static func truncation(_ entry: Entry, noMoreThanMs limit: Int) -> Truncation? {
        guard !entry.isForeign else { return nil }
        let receivedMs = milliseconds(UInt64(max(0, entry.received)), entry.format.rateHz)
        let heardMs = milliseconds(entry.heardSamples, entry.heardRateHz)
        if entry.isEnded, heardMs >= receivedMs { return nil }
        return Truncation(key: entry.key, endMs: min(heardMs, receivedMs, limit))
    }

    private static func milliseconds(_ samples: UInt64, _ rateHz: Int) -> Int {
        guard rateHz > 0 else { return 0 }
        // An absurd count must not overflow.
        return Int(min(samples, 1 << 50) * 1000 / UInt64(rateHz))
    }

    private func place(of position: PlaybackPosition) -> Int? {
        guard let itemID = position.itemID else { return nil }
        let key = Key(itemID: itemID, contentIndex: position.contentIndex)
        return entries.lastIndex { $0.key == key }
    }
}
