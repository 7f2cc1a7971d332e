import CLinux
import CParleyWire
import EventLoop
import Glibc

/// Starts hosts as units of a service manager: each connection to a socket of systemd's starts an instance
/// of `parley-host@.service`, with an account and a sandbox of its own.
///
/// The connection is the host's control socket. Its first message brings the other descriptors, among them
/// one end of a pair that stands for its life. The host's parent has it (keeper.c), and no plugin can reach
/// that: the end closes when the host has ended, however it did, and the parent kills the host when the
/// daemon shuts its own end, however that came to be. How the process ended systemd knows and the journal
/// tells.
@LoopActor
public final class UnitLauncher: HostLauncher {
    /// How long a host may take to end after the daemon hung up.
    private static let killLimit: Duration = .seconds(2)

    private let path: String
    private var lives: [UInt32: Watch] = [:]
    private var lastHost: UInt32 = 0

    /// - Parameter path: of the socket, as `parley-host.socket` names it.
    public init(path: String) { self.path = path }

    public func launch(
        name: String, plugin file: FileDescriptor, readable: [FileDescriptor],
        onExit: @escaping @LoopActor (HostExit) -> Void
    ) throws(HostLaunchError) -> LaunchedHost {
        let raw = parley_connect_packets(path)
        guard raw >= 0 else { throw .noUnits(path: path, code: errno) }
        let control = FileDescriptor(owning: raw)
        let audio = try PacketSocket.pair()
        let life = try PacketSocket.pair()
        let output = try HostOutput.pipe()
        lastHost += 1
        let host = lastHost
        try introduce(
            control, name,
            [life.theirs.raw, audio.theirs.raw, file.raw, output.theirs.raw]
                + readable.prefix(Int(PARLEY_WIRE_READABLE_MAX)).map(\.raw))
        let end = life.ours
        let conclude: @LoopActor () -> Void = { [weak self] in
            guard self?.lives.removeValue(forKey: host) != nil else { return }
            withExtendedLifetime(end) { onExit(.ended) }
        }
        // Nobody writes there: whatever can be read is the end.
        lives[host] = EventLoop.shared.watchIfPossible(end.raw, for: .read) { _ in conclude() }
        // It ends with its end of the pair.
        guard lives[host] != nil else { throw .noWatches(errno) }
        return LaunchedHost(control: control, audio: audio.ours, output: output.ours) {
            // Should the machine be too slow for that, the daemon lets go of it.
            shutdown(end.raw, CInt(SHUT_WR))
            _ = EventLoop.shared.schedule(after: Self.killLimit) { conclude() }
        }
    }

    private func introduce(
        _ control: FileDescriptor, _ name: String, _ descriptors: [CInt]
    ) throws(HostLaunchError) {
        var message = parley_spawn_message()
        message.version = UInt32(PARLEY_WIRE_VERSION)
        message.kind = UInt32(PARLEY_SPAWN)
        withUnsafeMutableBytes(of: &message.name) { room in
            room.copyBytes(from: name.utf8.prefix(room.count - 1))
        }
        let size = MemoryLayout<parley_spawn_message>.size
        let sent = parley_send_rights(
            control.raw, &message, size, descriptors, CInt(descriptors.count), 0)
        guard sent == size else { throw .noUnits(path: path, code: errno) }
    }
}
