/// Telephone keys as RTP carries them (RFC 4733, section 3.2): event 0 to 15.
public enum TelephoneEvent {
    private static let keys = Array("0123456789*#ABCD")

    public static func code(of key: Character) -> UInt8? {
        keys.firstIndex(of: Character(key.uppercased())).map(UInt8.init)
    }

    public static func key(of code: UInt8) -> Character? {
        Int(code) < keys.count ? keys[Int(code)] : nil
    }
}

/// Sends keys: each event in packets of one timestamp and growing duration, the last said three times
/// (RFC 4733, section 2.5.1). A value; time is a parameter.
public struct TelephoneEventSender: Sendable {
    /// A packet to send now. All packets of an event have the timestamp of its first.
    public struct Packet: Sendable, Hashable {
        public var isFirst: Bool
        /// Nanoseconds since the event began: the timestamp lies so far back.
        public var ageNs: UInt64
        public var payload: [UInt8]
    }

    private enum Step: Sendable {
        case tone(UInt8)
        case pause(ns: UInt64)
    }

    private static var periodNs: UInt64 { 20_000_000 }
    private static var toneNs: UInt64 { 120_000_000 }
    private static var gapNs: UInt64 { 80_000_000 }
    private static var commaNs: UInt64 { 2_000_000_000 }
    private static var spaceNs: UInt64 { 500_000_000 }
    private static var ends: Int { 3 }
    /// -10 dBm0, as loud as phones are.
    private static var volume: UInt8 { 10 }
    /// Keys that may wait.
    public static var capacity: Int { 256 }

    private let rateHz: Int
    private var steps: [Step] = []
    private var beganNs: UInt64 = 0
    private var endsSent = 0
    private var isToning = false
    public private(set) var nextDueNs: UInt64?

    /// - Parameter rateHz: of the timestamps.
    public init(rateHz: Int) { self.rateHz = rateHz }

    /// Whether a key sounds: speech is to be held off meanwhile.
    public var isSounding: Bool { isToning }

    /// - Parameter digits: keys; a comma is a pause of 2 s, a space one of 0.5 s.
    /// - Returns: false, and nothing is sent, for what is no key, or for too many.
    public mutating func enqueue(_ digits: String, nowNs: UInt64) -> Bool {
        var more: [Step] = []
        for digit in digits {
            switch digit {
            case ",": more.append(.pause(ns: Self.commaNs))
            case " ": more.append(.pause(ns: Self.spaceNs))
            default:
                guard let code = TelephoneEvent.code(of: digit) else { return false }
                more.append(.tone(code))
            }
        }
        guard steps.count + more.count <= Self.capacity else { return false }
        steps += more
        if nextDueNs == nil, !steps.isEmpty { nextDueNs = nowNs }
        return true
    }

    /// The packet that is due; ask again until nil.
    public mutating func next(nowNs: UInt64) -> Packet? {
        while let due = nextDueNs, nowNs >= due, let step = steps.first {
            switch step {
            case .pause(let ns): finish(atNs: due + ns)
            case .tone(let code): return packet(code, dueNs: due)
            }
        }
        if steps.isEmpty { nextDueNs = nil }
        return nil
    }

    private mutating func packet(_ code: UInt8, dueNs: UInt64) -> Packet {
        let isFirst = !isToning
        if isFirst {
            isToning = true
            endsSent = 0
            beganNs = dueNs
        }
        let ageNs = dueNs - beganNs
        let isEnd = ageNs >= Self.toneNs
        let lengthNs = min(Self.toneNs, ageNs + (isFirst ? Self.periodNs : 0))
        let samples = UInt16(clamping: lengthNs * UInt64(rateHz) / 1_000_000_000)
        let payload: [UInt8] = [
            code, (isEnd ? 0x80 : 0) | Self.volume, UInt8(samples >> 8), UInt8(samples & 0xff),
        ]
        if isEnd { endsSent += 1 }
        if endsSent == Self.ends {
            isToning = false
            finish(atNs: dueNs + Self.gapNs)
        } else {
            nextDueNs = dueNs + Self.periodNs
        }
        return Packet(isFirst: isFirst, ageNs: min(ageNs, Self.toneNs), payload: payload)
    }

    private mutating func finish(atNs: UInt64) {
        steps.removeFirst()
        nextDueNs = atNs
    }
}

/// Hears keys: each once, though its packets are many and some are lost.
public struct TelephoneEventReceiver: Sendable {
    private var last: (timestamp: UInt32, code: UInt8)?

    public init() {}

    /// - Returns: the key, at the first packet that came of it.
    public mutating func receive(
        timestamp: UInt32, payload: UnsafeRawBufferPointer
    ) -> Character? {
        guard payload.count >= 4, let key = TelephoneEvent.key(of: payload[0]) else { return nil }
        if let last {
            // One that is older than the newest is a straggler.
            guard Int32(bitPattern: timestamp &- last.timestamp) > 0 else { return nil }
        }
        last = (timestamp, payload[0])
        return key
    }
}
