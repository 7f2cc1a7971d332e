import CLinux
import Control
import Glibc

/// Moves sound between standard input and output and the audio socket, until the session ends. Neither
/// way waits for the other.
struct AudioPump {
    private let socket: ClientSocket
    private let input: CInt
    private let output: CInt
    private(set) var inputIsOpen: Bool
    private var inputIsLost = false
    /// Input that the socket had no room for yet.
    private var pending: ArraySlice<UInt8> = []

    /// - Parameters:
    ///   - input: may be non-blocking, as a terminal is when a program that shares it has made it so.
    ///   - output: as `input`.
    init(
        socket: ClientSocket, readsInput: Bool, input: CInt = STDIN_FILENO,
        output: CInt = STDOUT_FILENO
    ) {
        self.socket = socket
        self.input = input
        self.output = output
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
                pollfd(fd: socket.raw, events: Int16(POLLIN | outgoing), revents: 0),
                pollfd(fd: reads ? input : -1, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waits, 2, -1) >= 0 else {
                if errno == EINTR { continue }
                throw Self.failure("waiting for sound", errno)
            }
            if waits[0].revents & Int16(POLLOUT) != 0 { try sendPending() }
            if waits[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
                var chunk: [UInt8] = []
                guard try receive(into: &chunk) else {
                    if inputIsLost { throw .gateway(.connectionLost) }
                    return
                }
                try write(chunk[...])
            }
            if waits[1].revents != 0 { try takeInput() }
        }
    }

    private func receive(into chunk: inout [UInt8]) throws(DaemonError) -> Bool {
        do throws(ControlClientError) {
            return try socket.receive(into: &chunk)
        } catch {
            throw .gateway(error)
        }
    }

    /// Takes what is there; nothing may be, when another program reads the same input.
    mutating func takeInput() throws(DaemonError) {
        var chunk = [UInt8](repeating: 0, count: 4_096)
        let count = read(input, &chunk, chunk.count)
        if count > 0 {
            pending = chunk[..<count]
            try sendPending()
        } else if count == 0 {
            inputIsOpen = false
            shutdown(socket.raw, CInt(SHUT_WR))
        } else if errno != EINTR && errno != EAGAIN {
            throw Self.failure("standard input can't be read", errno)
        }
    }

    private mutating func sendPending() throws(DaemonError) {
        let flags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
        let count = pending.withUnsafeBytes { send(socket.raw, $0.baseAddress, $0.count, flags) }
        if count > 0 {
            pending = pending.dropFirst(count)
        } else if errno == EPIPE || errno == ECONNRESET {
            // What the gateway has sent before it closed is still to be heard.
            inputIsOpen = false
            inputIsLost = true
            pending = []
        } else if errno != EAGAIN && errno != EINTR {
            throw Self.failure("sending sound", errno)
        }
    }

    func write(_ bytes: ArraySlice<UInt8>) throws(DaemonError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var room = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                poll(&room, 1, -1)
            } else if errno != EINTR {
                throw Self.failure("standard output can't be written", errno)
            }
        }
    }

    private static func failure(_ what: String, _ code: CInt) -> DaemonError {
        .failed("\(what): \(String(cString: strerror(code)))")
    }
}
