/// The near side of a session, in use.
enum LocalLeg {
    case devices(CaptureLeg, PlaybackLeg)
    /// Programs on the audio socket, by the engine's number; the writer is one of them.
    case stream(StreamPrograms)
    /// A listener has none: its callers do.
    case none

    var streamPrograms: StreamPrograms? {
        if case .stream(let programs) = self { programs } else { nil }
    }
}

/// The programs that are joined to a stream leg.
struct StreamPrograms {
    /// More are turned away; the engine has room for as many.
    static var maximum: Int { 8 }

    var writer: UInt32?
    var listeners: Set<UInt32> = []

    var count: Int { listeners.count + (writer == nil ? 0 : 1) }

    mutating func remove(_ program: UInt32) {
        if writer == program { writer = nil }
        listeners.remove(program)
    }
}
