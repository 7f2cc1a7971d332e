import CSystemd
import Glibc

/// A listening socket that the service manager opened for us (sd_listen_fds(3)).
public struct ReceivedSocket: Sendable, Equatable {
    /// FileDescriptorName= of the socket unit.
    public let name: String
    /// Open, close-on-exec, and the receiver's from now on.
    public let descriptor: CInt

    /// What the service manager passed, in its order; empty when nothing was passed to this process.
    ///
    /// Takes the variables out of the environment, so that no child believes they are for it. Call it
    /// once, before the first child and the second thread.
    public static func takeAll() -> [ReceivedSocket] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count > 0, let names else { return [] }
        defer {
            for index in 0..<Int(count) { free(names[index]) }
            free(names)
        }
        return (0..<count).map { index in
            let name = names[Int(index)].map { String(cString: $0) } ?? ""
            return ReceivedSocket(name: name, descriptor: SD_LISTEN_FDS_START + index)
        }
    }

    /// Whether it is a stream socket in the file system that listens already.
    public var isListeningUnixStream: Bool {
        sd_is_socket_unix(descriptor, CInt(SOCK_STREAM.rawValue), 1, nil, 0) > 0
    }

    /// Whether it is a stream socket that listens, of any family.
    public var isListeningStream: Bool {
        sd_is_socket(descriptor, AF_UNSPEC, CInt(SOCK_STREAM.rawValue), 1) > 0
    }
}
