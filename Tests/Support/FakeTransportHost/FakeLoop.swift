import CParleyTransport

/// The loop extension, in virtual time.
struct FakeLoop {
    struct Timer {
        let id: UInt64
        let dueNs: UInt64
        let callback: parley_callback_t
        let data: UnsafeMutableRawPointer?
    }

    struct Post {
        let callback: parley_callback_t
        let data: UnsafeMutableRawPointer?
    }

    struct Watch {
        let interest: UInt32
        let callback: parley_fd_callback_t
        let data: UnsafeMutableRawPointer?
    }

    var timers: [Timer] = []
    var posts: [Post] = []
    var watches: [CInt: Watch] = [:]
    private var lastID: UInt64 = 0

    mutating func start(
        dueNs: UInt64, _ callback: @escaping parley_callback_t, _ data: UnsafeMutableRawPointer?
    ) -> UInt64 {
        lastID += 1
        timers.append(Timer(id: lastID, dueNs: dueNs, callback: callback, data: data))
        return lastID
    }

    mutating func stop(_ id: UInt64) { timers.removeAll { $0.id == id } }

    mutating func removeTimer(dueBy endNs: UInt64) -> Timer? {
        guard let next = timers.min(by: { ($0.dueNs, $0.id) < ($1.dueNs, $1.id) }),
            next.dueNs <= endNs
        else { return nil }
        stop(next.id)
        return next
    }
}

extension FakeTransportHost {
    /// The loop as the C interface has it, for all fake hosts.
    nonisolated(unsafe) static let loopExtension: UnsafePointer<parley_loop_t> = {
        let loop = UnsafeMutablePointer<parley_loop_t>.allocate(capacity: 1)
        var value = parley_loop_t()
        value.struct_size = UInt32(MemoryLayout<parley_loop_t>.size)
        value.watch = { host, fd, interest, callback, data in
            guard let callback else { return -1 }
            FakeTransportHost.of(host).loop.watches[fd] = .init(
                interest: interest, callback: callback, data: data)
            return 0
        }
        value.unwatch = { host, fd in FakeTransportHost.of(host).loop.watches[fd] = nil }
        value.start_timer = { host, delayNs, callback, data in
            guard let callback else { return 0 }
            let fake = FakeTransportHost.of(host)
            return fake.loop.start(dueNs: fake.nowNs + delayNs, callback, data)
        }
        value.stop_timer = { host, id in FakeTransportHost.of(host).loop.stop(id) }
        value.post = { host, callback, data in
            guard let callback else { return -1 }
            FakeTransportHost.of(host).loop.posts.append(.init(callback: callback, data: data))
            return 0
        }
        loop.initialize(to: value)
        return UnsafePointer(loop)
    }()
}
