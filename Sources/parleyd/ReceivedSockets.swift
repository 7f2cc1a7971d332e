import Control
import EventLoop
import Systemd

/// The sockets that the service manager opened for the daemon, by FileDescriptorName=.
struct ReceivedSockets: Sendable {
    /// One name may stand for several sockets: metrics may come on a Unix socket and on TCP.
    private var byName: [String: [FileDescriptor]] = [:]
    /// Why some were left alone: sentences.
    private(set) var faults: [String] = []

    static let names: Set<String> = ["control", "monitor", "audio", "metrics"]

    /// Takes all there are. Call before the first child.
    static func takeAll() -> ReceivedSockets {
        var sockets = ReceivedSockets()
        for received in ReceivedSocket.takeAll() {
            let descriptor = FileDescriptor(owning: received.descriptor)
            let isFit =
                received.name == "metrics"
                ? received.isListeningStream : received.isListeningUnixStream
            if !names.contains(received.name) {
                sockets.faults.append(
                    "a socket named \"\(received.name)\" came from the service manager: "
                        + "FileDescriptorName= must be one of \(names.sorted().joined(separator: ", "))"
                )
            } else if !isFit {
                sockets.faults.append(
                    "the socket \(received.name) of the service manager is not one that listens for "
                        + "streams: use ListenStream=")
            } else {
                sockets.byName[received.name, default: []].append(descriptor)
            }
        }
        return sockets
    }

    var isEmpty: Bool { byName.isEmpty }

    /// Those of a name; empty when the daemon has to bind its own.
    subscript(_ name: String) -> [FileDescriptor] { byName[name] ?? [] }
}
