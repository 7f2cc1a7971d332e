import EventLoop

/// The near side of a session, in use.
enum LocalLeg {
    case devices(CaptureLeg, PlaybackLeg)
    /// Programs on the audio socket, by the engine's number; the writer is one of them.
    case stream(StreamPrograms)
    /// A listener has none: its callers do.
    case none
}

/// The programs that are joined to a stream leg.
struct StreamPrograms {
    /// More are turned away; the engine has room for as many.
    static var maximum: Int { 8 }

    private(set) var writer: UInt32?
    private var sockets: [UInt32: FileDescriptor] = [:]

    var count: Int { sockets.count }

    /// What the one furthest behind has not read, with the kernel's own share.
    var unreadBytes: Int { sockets.values.map(\.unreadBytes).max() ?? 0 }

    mutating func add(_ program: UInt32, _ socket: FileDescriptor, writes: Bool) {
        if writes { writer = program }
        sockets[program] = socket
    }

    mutating func remove(_ program: UInt32) {
        if writer == program { writer = nil }
        sockets[program] = nil
    }
}
