import CLinux
import ControlProtocol
import EventLoop
import Glibc
import JSON

/// Greets programs on the audio socket: one line in, one line out, then the socket carries samples.
///
/// A program stands at the door until its line has come, five seconds at most; once it is admitted it
/// takes no place here any more.
@LoopActor
public final class AudioDoor {
    /// Answers a request with the greeting's line and takes over the socket, or refuses.
    public typealias Admission =
        @LoopActor (AudioRequest, FileDescriptor) -> Result<JSONValue, ControlError>

    /// Who may use the socket beside root and the daemon's own user, further than the socket's mode
    /// decides.
    public var isAllowed: @LoopActor (Peer) -> Bool = { _ in true }

    private static var lineSize: Int { 4_096 }

    private let limits: Places.Limits
    private let patience: Duration
    private let admit: Admission
    private var places = Places()
    private var visitors: [CInt: Visitor] = [:]

    private struct Visitor {
        let socket: FileDescriptor
        let peer: Peer
        let watch: Watch
        let patience: LoopTimer
        var line: [UInt8] = []
    }

    public convenience init(admit: @escaping Admission) {
        self.init(
            limits: .init(total: 32, perUser: 16, reserved: 2), patience: .seconds(5), admit: admit)
    }

    /// - Parameter patience: how long a program has for its line.
    init(limits: Places.Limits, patience: Duration, admit: @escaping Admission) {
        self.limits = limits
        self.patience = patience
        self.admit = admit
    }

    public func accept(_ socket: FileDescriptor) {
        guard let peer = Peer(of: socket) else { return }
        accept(socket, from: peer)
    }

    func accept(_ socket: FileDescriptor, from peer: Peer) {
        guard peer.isOwn || isAllowed(peer) else {
            return Self.refuse(
                socket, ControlError(.forbidden, "user \(peer.userID) may not use this socket"))
        }
        guard places.enter(peer, limits) else {
            return Self.refuse(
                socket,
                ControlError(
                    .limitExceeded,
                    "\(places.taken) programs, \(places.taken(by: peer.userID)) of user "
                        + "\(peer.userID), have not said yet which session they want"))
        }
        let fd = socket.raw
        let watch = EventLoop.shared.watchIfPossible(fd, for: .read) { [weak self] _ in
            self?.read(fd)
        }
        guard let watch else {
            places.leave(peer)
            return Self.refuse(
                socket, ControlError(.limitExceeded, "the system has no watch left for a program"))
        }
        visitors[fd] = Visitor(
            socket: socket, peer: peer,
            watch: watch,
            patience: EventLoop.shared.schedule(after: patience) { [weak self] in
                self?.refuse(
                    fd, ControlError(.timeout, "the line with the session did not come"))
            })
    }

    /// Looks before it takes, so that samples sent right behind the line stay in the socket.
    private func read(_ fd: CInt) {
        var chunk = [UInt8](repeating: 0, count: Self.lineSize)
        let count = recv(fd, &chunk, chunk.count, CInt(MSG_DONTWAIT) | CInt(MSG_PEEK))
        if count == 0 { return refuseUnended(fd) }
        guard count > 0 else {
            if errno != EAGAIN && errno != EINTR { forget(fd) }
            return
        }
        let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n"))
        // What was seen is there, and nobody else reads.
        _ = recv(fd, &chunk, end.map { $0 + 1 } ?? count, CInt(MSG_DONTWAIT))
        visitors[fd]?.line += chunk[..<(end ?? count)]
        guard let line = visitors[fd]?.line, line.count <= Self.lineSize else {
            return refuse(
                fd,
                ControlError(
                    .limitExceeded, "the first line may have at most \(Self.lineSize) bytes"))
        }
        if end != nil { take(line, from: fd) }
    }

    private func take(_ line: [UInt8], from fd: CInt) {
        let request: AudioRequest
        do throws(ControlError) {
            request = try AudioRequest(line: line)
        } catch {
            return refuse(fd, error)
        }
        guard let socket = forget(fd) else { return }
        if case .failure(let error) = admit(request, socket) { Self.refuse(socket, error) }
    }

    /// The program closed, or will send nothing more: one that was there for a moment gets no answer.
    private func refuseUnended(_ fd: CInt) {
        guard visitors[fd]?.line.isEmpty == false else {
            forget(fd)
            return
        }
        refuse(fd, ControlError(.parse, "the first line must end with a line feed"))
    }

    private func refuse(_ fd: CInt, _ error: ControlError) {
        guard let socket = forget(fd) else { return }
        Self.refuse(socket, error)
    }

    /// Gives the place back. - Returns: the socket, nil when the visitor has left before.
    @discardableResult
    private func forget(_ fd: CInt) -> FileDescriptor? {
        guard let visitor = visitors.removeValue(forKey: fd) else { return nil }
        visitor.patience.cancel()
        visitor.watch.cancel()
        places.leave(visitor.peer)
        return visitor.socket
    }

    private static func refuse(_ socket: FileDescriptor, _ error: ControlError) {
        write(["error": error.json], to: socket)
    }

    /// Writes a greeting: small, so that a fresh socket takes it whole.
    public static func write(_ value: JSONValue, to socket: FileDescriptor) {
        var bytes: [UInt8] = []
        value.serialize(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        _ = send(socket.raw, bytes, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
    }

    /// Sends everybody away.
    public func close() {
        for fd in Array(visitors.keys) { forget(fd) }
    }
}
