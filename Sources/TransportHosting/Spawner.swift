import CLinux
import CParleyWire
import EventLoop
import Glibc

/// The small process that forks hosts for the daemon.
///
/// Starting it is the daemon's first act, before it has a second thread and before it gives up the
/// right to start programs; hosts must not inherit what the daemon later forbids itself.
public struct Spawner: Sendable {
    let socket: FileDescriptor
    public let processID: pid_t

    /// Starts the program in its spawner mode. It ends when the daemon does. [thread-safe]
    ///
    /// - Parameter sandbox: how it and its hosts confine themselves: `on`, `off` or `log`.
    public init(program: String, sandbox: String = "on") throws(HostLaunchError) {
        let (ours, theirs) = try PacketSocket.pair()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, 2, 1)  // a plugin gets a pipe
        posix_spawn_file_actions_adddup2(&actions, theirs.raw, CInt(PARLEY_WIRE_SPAWNER_FD))

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigfillset(&defaults)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, CShort(POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let code = Self.withCStrings([program, "--spawner", sandbox]) { arguments in
            posix_spawn(&pid, program, &actions, &attributes, arguments, environ)
        }
        guard code == 0 else { throw .launcherNotStarted(program: program, code: code) }
        socket = ours
        processID = pid
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}

/// Starts hosts through a ``Spawner``.
@LoopActor
public final class SpawnerLauncher: HostLauncher {
    private let spawner: Spawner
    private var watch: Watch?
    private var lastHost: UInt32 = 0
    private var exits: [UInt32: @LoopActor (HostExit) -> Void] = [:]
    private let onLost: @LoopActor () -> Void

    /// - Parameter onLost: the spawner has ended, which it never does by itself; no host can be started
    ///   any more.
    public init(_ spawner: Spawner, onLost: @escaping @LoopActor () -> Void = {}) {
        self.spawner = spawner
        self.onLost = onLost
        watch = EventLoop.shared.watch(spawner.socket.raw, for: .read) { [weak self] _ in
            self?.receive()
        }
    }

    public func launch(
        name: String, plugin file: FileDescriptor, readable: [FileDescriptor],
        onExit: @escaping @LoopActor (HostExit) -> Void
    ) throws(HostLaunchError) -> LaunchedHost {
        guard watch != nil else { throw .launcherLost }
        let control = try PacketSocket.pair()
        let audio = try PacketSocket.pair()
        let output = try HostOutput.pipe()
        lastHost += 1
        let host = lastHost
        let descriptors =
            [control.theirs.raw, audio.theirs.raw, file.raw, output.theirs.raw]
            + readable.prefix(Int(PARLEY_WIRE_READABLE_MAX)).map(\.raw)
        try send(UInt32(PARLEY_SPAWN), host: host, name: name, descriptors: descriptors)
        exits[host] = onExit
        return LaunchedHost(
            control: control.ours, audio: audio.ours, output: output.ours
        ) { [weak self] in
            guard let self, self.exits[host] != nil else { return }
            try? self.send(UInt32(PARLEY_SPAWN_KILL), host: host)
        }
    }

    private func send(
        _ kind: UInt32, host: UInt32, name: String = "", descriptors: [CInt] = []
    ) throws(HostLaunchError) {
        var message = parley_spawn_message()
        message.version = UInt32(PARLEY_WIRE_VERSION)
        message.kind = kind
        message.host = host
        withUnsafeMutableBytes(of: &message.name) { room in
            room.copyBytes(from: name.utf8.prefix(room.count - 1))
        }
        let size = MemoryLayout<parley_spawn_message>.size
        // The spawner does nothing but wait, so the socket has room, unless something is very wrong.
        let sent = parley_send_rights(
            spawner.socket.raw, &message, size, descriptors, CInt(descriptors.count), 0)
        guard sent == size else {
            throw errno == EPIPE || errno == ECONNRESET ? .launcherLost : .noDescriptors(errno)
        }
    }

    private func receive() {
        var message = parley_spawn_message()
        let size = MemoryLayout<parley_spawn_message>.size
        while true {
            let result = withUnsafeMutableBytes(of: &message) {
                PacketSocket.receive(from: spawner.socket.raw, into: $0)
            }
            switch result {
            case .nothing: return
            case .packet(size) where message.version == PARLEY_WIRE_VERSION: take(message)
            case .packet, .closed:
                end()
                return
            }
        }
    }

    private func take(_ message: parley_spawn_message) {
        switch Int(message.kind) {
        case PARLEY_SPAWN_STARTED where message.status < 0:
            exits.removeValue(forKey: message.host)?(.notStarted(-message.status))
        case PARLEY_SPAWN_EXITED:
            let status = message.status
            let signal = status & 0x7f
            exits.removeValue(forKey: message.host)?(
                signal == 0 ? .exited(status: status >> 8 & 0xff) : .signalled(signal))
        default: break
        }
    }

    private func end() {
        watch = nil
        waitpid(spawner.processID, nil, WNOHANG)
        let ended = exits
        exits = [:]
        for onExit in ended.values { onExit(.launcherLost) }
        onLost()
    }
}
