/// `server_vad` on real audio: speech begins with 60 ms above a level and ends with the silence asked
/// for. Positions count all audio that was ever appended, in ms.
struct VoiceDetector {
    enum Edge: Equatable {
        case started(atMs: Int)
        case stopped(atMs: Int)
    }

    private static let windowMs = 20
    private static let windowsToStart = 3

    var prefixPaddingMs = 300
    var silenceMs = 500
    /// 0 to 1, as in `server_vad`: 0.5 is a level of -40 dBFS.
    var threshold = 0.5
    private(set) var isSpeaking = false
    private var positionMs = 0
    private var loudWindows = 0
    private var quietMs = 0
    private var sum = 0.0
    private var count = 0

    /// Listens to samples of -1 to 1.
    mutating func hear(_ samples: [Float], rateHz: Int) -> [Edge] {
        var edges: [Edge] = []
        let window = rateHz * Self.windowMs / 1_000
        for sample in samples {
            sum += Double(sample * sample)
            count += 1
            guard count == window else { continue }
            let isLoud = (sum / Double(count)).squareRoot() > 0.02 * threshold
            sum = 0
            count = 0
            positionMs += Self.windowMs
            if let edge = advance(isLoud) { edges.append(edge) }
        }
        return edges
    }

    private mutating func advance(_ isLoud: Bool) -> Edge? {
        loudWindows = isLoud ? loudWindows + 1 : 0
        quietMs = isLoud ? 0 : quietMs + Self.windowMs
        if !isSpeaking, loudWindows == Self.windowsToStart {
            isSpeaking = true
            let beginMs = positionMs - Self.windowsToStart * Self.windowMs - prefixPaddingMs
            return .started(atMs: max(0, beginMs))
        }
        if isSpeaking, quietMs >= silenceMs {
            isSpeaking = false
            return .stopped(atMs: positionMs)
        }
        return nil
    }

    /// The buffer was cleared or committed by hand: what is going on is no turn any more.
    mutating func forget() {
        isSpeaking = false
        loudWindows = 0
        quietMs = 0
    }
}
