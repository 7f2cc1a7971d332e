import Glibc

/// Moves sound between standard input and output and the audio socket, until the session ends. Neither
/// way waits for the other.
struct AudioPump {
    private let socket: UnixSocket
    private var inputIsOpen: Bool
    /// Input that the socket had no room for yet.
    private var pending: ArraySlice<UInt8> = []

    init(socket: UnixSocket, readsInput: Bool) {
        self.socket = socket
        inputIsOpen = readsInput
    }

    /// - Parameter first: sound that came with the gateway's first line.
    mutating func run(first: [UInt8]) throws(DaemonError) {
        signal(SIGPIPE, SIG_IGN)
        try write(first[...])
        while true {
            let outgoing = pending.isEmpty ? 0 : POLLOUT
            let reads = inputIsOpen && pending.isEmpty
            var waits = [
                pollfd(fd: socket.fd, events: Int16(POLLIN | outgoing), revents: 0),
                pollfd(fd: reads ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waits, 2, -1) >= 0 || errno == EINTR else {
                throw .failed(String(cString: strerror(errno)))
            }
            if waits[0].revents & Int16(POLLOUT) != 0 { try sendPending() }
            if waits[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
                var chunk: [UInt8] = []
                guard try socket.receive(into: &chunk) else { return }
                try write(chunk[...])
            }
            if waits[1].revents != 0 { try takeInput() }
        }
    }

    private mutating func takeInput() throws(DaemonError) {
        var chunk = [UInt8](repeating: 0, count: 4_096)
        let count = read(STDIN_FILENO, &chunk, chunk.count)
        if count > 0 {
            pending = chunk[..<count]
            try sendPending()
        } else if count == 0 || errno != EINTR {
            inputIsOpen = false
            shutdown(socket.fd, CInt(SHUT_WR))
        }
    }

    private mutating func sendPending() throws(DaemonError) {
        let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
        let count = pending.withUnsafeBytes { send(socket.fd, $0.baseAddress, $0.count, flags) }
        if count > 0 {
            pending = pending.dropFirst(count)
        } else if errno != EAGAIN && errno != EINTR {
            throw .broken(String(cString: strerror(errno)))
        }
    }

    private func write(_ bytes: ArraySlice<UInt8>) throws(DaemonError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw .failed(
                    "standard output can't be written: \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
    }
}
