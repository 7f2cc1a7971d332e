import ControlProtocol
import EventLoop
import Glibc
import JSON

@testable import Control

/// An audio door on a real socket, that admits to the session `echo` and sends back nothing.
@LoopActor
final class DoorStage {
    nonisolated let directory: TemporaryDirectory
    let door: AudioDoor
    private var listener: UnixListener?
    private let admitted: Admitted

    @LoopActor final class Admitted {
        var requests: [AudioRequest] = []
        var sockets: [FileDescriptor] = []
    }

    nonisolated static func open(
        total: Int = 8, perUser: Int = 8, reserved: Int = 0, patience: Duration = .seconds(60)
    ) async throws -> DoorStage {
        EventLoop.startThread()
        return try await DoorStage(
            .init(total: total, perUser: perUser, reserved: reserved), patience)
    }

    private init(_ limits: Places.Limits, _ patience: Duration) throws {
        directory = try TemporaryDirectory()
        let admitted = Admitted()
        self.admitted = admitted
        let door = AudioDoor(limits: limits, patience: patience) { request, socket in
            guard request.session == "echo" else {
                return .failure(
                    ControlError(.unknownSession, "there is no session \(request.session)"))
            }
            let greeting: JSONValue = ["rate": 24_000]
            AudioDoor.write(greeting, to: socket)
            admitted.requests.append(request)
            admitted.sockets.append(socket)
            return .success(greeting)
        }
        self.door = door
        listener = try UnixListener(path: directory.file("audio.sock")) { door.accept($0) }
    }

    nonisolated func client() throws -> Client { try Client(directory.file("audio.sock")) }

    /// A program of another user, which a test can't be.
    func client(of peer: Peer) throws -> sending Client {
        let (near, far) = try Client.pair()
        door.accept(near, from: peer)
        return far
    }

    var requests: [AudioRequest] { admitted.requests }

    /// What waits in the socket of the program that was admitted last.
    func samplesOfLast() -> [UInt8] {
        guard let socket = admitted.sockets.last else { return [] }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = recv(socket.raw, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }

    func close() {
        listener?.close()
        door.close()
        admitted.sockets = []
    }
}
