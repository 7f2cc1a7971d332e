import CLinux
import ControlProtocol
import EventLoop
import Glibc
import JSON

/// What a program asks for on the audio socket.
public struct AudioRequest: Sendable {
    /// Id or name.
    public let session: String
    /// Only listens.
    public let isListener: Bool
    /// Wants silence in gaps.
    public let isContinuous: Bool
}

/// Greets programs on the audio socket: one line in, one line out, then the socket carries samples.
@LoopActor
public final class AudioDoor {
    /// Answers a request with the greeting's line and takes over the socket, or refuses.
    public typealias Admission =
        @LoopActor (
            AudioRequest, FileDescriptor
        ) -> Result<JSONValue, ControlError>

    private static var lineSize: Int { 4_096 }
    private static var waitingMaximum: Int { 32 }

    private let admit: Admission
    private var waiting: [CInt: Visitor] = [:]

    private struct Visitor {
        let socket: FileDescriptor
        var line: [UInt8] = []
        let watch: Watch
        let patience: LoopTimer
    }

    public init(admit: @escaping Admission) { self.admit = admit }

    public func accept(_ socket: FileDescriptor) {
        guard waiting.count < Self.waitingMaximum else {
            return answer(socket, ControlError(.limitExceeded, "too many programs at the door"))
        }
        let fd = socket.raw
        waiting[fd] = Visitor(
            socket: socket,
            watch: EventLoop.shared.watch(fd, for: .read) { [weak self] _ in self?.read(fd) },
            patience: EventLoop.shared.schedule(after: .seconds(5)) { [weak self] in
                self?.leave(fd, ControlError(.timeout, "the line with the session did not come"))
            })
    }

    /// Reads byte by byte, so that samples sent right behind the line stay in the socket.
    private func read(_ fd: CInt) {
        while var visitor = waiting[fd] {
            var byte: UInt8 = 0
            let count = recv(fd, &byte, 1, CInt(MSG_DONTWAIT))
            guard count > 0 else {
                if count == 0 || (errno != EAGAIN && errno != EINTR) { leave(fd, nil) }
                return
            }
            if byte == UInt8(ascii: "\n") { return take(visitor.line, from: fd) }
            visitor.line.append(byte)
            waiting[fd] = visitor
            if visitor.line.count > Self.lineSize {
                return leave(fd, ControlError(.limitExceeded, "the first line is too long"))
            }
        }
    }

    private func take(_ line: [UInt8], from fd: CInt) {
        guard let visitor = waiting[fd] else { return }
        do throws(ControlError) {
            let request = try Self.request(line)
            forget(fd)
            switch admit(request, visitor.socket) {
            case .success: break
            case .failure(let error): answer(visitor.socket, error)
            }
        } catch {
            leave(fd, error)
        }
    }

    private static func request(_ line: [UInt8]) throws(ControlError) -> AudioRequest {
        let object: JSONObject
        do throws(JSONError) {
            guard let value = try JSONValue(parsing: line, maximumDepth: 4).objectValue else {
                throw JSONError.malformed(line: 1, column: 1, reason: "not an object")
            }
            object = value
        } catch {
            throw ControlError(.parse, "the first line must be {\"session\":\"...\"}: \(error)")
        }
        try parameters.check(object)
        return AudioRequest(
            session: object["session"]?.stringValue ?? "",
            isListener: object["direction"]?.stringValue == "capture",
            isContinuous: object["continuous"]?.boolValue ?? false)
    }

    private static let parameters: [Parameter] = [
        .required("session", .string, "Id or name."),
        .optional("direction", .choice(["capture", "duplex"]), "capture only listens."),
        .optional("continuous", .boolean, "Silence in gaps."),
    ]

    private func leave(_ fd: CInt, _ error: ControlError?) {
        guard let visitor = waiting[fd] else { return }
        forget(fd)
        if let error { answer(visitor.socket, error) }
    }

    private func forget(_ fd: CInt) {
        guard let visitor = waiting.removeValue(forKey: fd) else { return }
        visitor.patience.cancel()
        visitor.watch.cancel()
    }

    private func answer(_ socket: FileDescriptor, _ error: ControlError) {
        Self.write(["error": error.json], to: socket)
    }

    /// Writes a greeting: small, so that a fresh socket takes it whole.
    public static func write(_ value: JSONValue, to socket: FileDescriptor) {
        var bytes: [UInt8] = []
        value.serialize(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        _ = send(socket.raw, bytes, bytes.count, CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL))
    }

    public func close() {
        for fd in Array(waiting.keys) { forget(fd) }
    }
}
