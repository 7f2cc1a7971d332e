import ParleyTransport

/// Speech that the daemon had no room for: kept until it has, while the server is not read. A pure value.
struct HeldSpeech {
    private var pieces: [(header: AudioHeader, bytes: [UInt8])] = []

    var isEmpty: Bool { pieces.isEmpty }

    mutating func append(_ header: AudioHeader, _ bytes: [UInt8]) {
        pieces.append((header, bytes))
    }

    /// Gives out what is taken, in order.
    mutating func flush(_ give: (AudioHeader, [UInt8]) -> TransportHost.AudioResult) {
        while let first = pieces.first {
            guard give(first.header, first.bytes) != .full else { return }
            pieces.removeFirst()
        }
    }

    mutating func removeAll() { pieces = [] }
}
