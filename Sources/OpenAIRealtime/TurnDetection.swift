import JSON

/// What the server's turn detection does by itself.
struct TurnDetection: Sendable, Equatable {
    /// Whether it tells when the user speaks; else clients end the turns.
    var areDetected = true
    /// Whether it begins to answer when the user stops.
    var areAnswered = true
    /// Whether it cancels the answer when the user begins.
    var areInterrupting = false

    init() {}

    /// - Parameter detection: `turn_detection` of a session; nil where the server does not say.
    init(serverSays detection: JSONValue?) {
        guard let detection else { return }
        areDetected = detection != .null
        areAnswered = areDetected && detection["create_response"] != false
        areInterrupting = detection["interrupt_response"] == true
    }
}
