import EventLoop

/// Starts host processes. Parley's own spawner is one; a service manager that starts hosts as units of
/// their own may be another.
@LoopActor
public protocol HostLauncher: AnyObject {
    /// Starts a host for the plugin in `file`.
    ///
    /// - Parameters:
    ///   - name: for the process list.
    ///   - readable: files and directories that the plugin may read beside what every plugin may.
    ///   - onExit: called once, when the process has ended, and not before `launch` has returned.
    func launch(
        name: String, plugin file: FileDescriptor, readable: [FileDescriptor],
        onExit: @escaping @LoopActor (HostExit) -> Void
    ) throws(HostLaunchError) -> LaunchedHost
}

/// A host process that was started, as its launcher sees it.
@LoopActor
public struct LaunchedHost {
    /// The daemon's ends of the two sockets.
    public let control: FileDescriptor
    public let audio: FileDescriptor
    /// The daemon's end of the pipe that the host prints to; nil where what it prints goes elsewhere.
    public let output: FileDescriptor?
    /// Ends the process and its group at once. Harmless when it is gone.
    public let kill: @LoopActor () -> Void

    public init(
        control: FileDescriptor, audio: FileDescriptor, output: FileDescriptor? = nil,
        kill: @escaping @LoopActor () -> Void
    ) {
        self.control = control
        self.audio = audio
        self.output = output
        self.kill = kill
    }
}

/// How a host process ended.
public enum HostExit: Sendable, Hashable {
    case exited(status: Int32)
    case signalled(Int32)
    /// It could not be started: an errno.
    case notStarted(Int32)
    /// It has ended, and somebody else knows how: systemd, for hosts that are units.
    case ended
    /// Whoever watched it is gone, and it with them.
    case launcherLost
}

/// Why no host could be started.
public enum HostLaunchError: Error, Hashable, CustomStringConvertible {
    case noDescriptors(Int32)
    /// The kernel watches no more descriptors for this user.
    case noWatches(Int32)
    case launcherLost
    case programNotFound(String)
    /// Hosts are units, and their socket can't be used.
    case noUnits(path: String, code: Int32)
    case launcherNotStarted(program: String, code: Int32)

    /// Whether it is the machine's state of the moment: another try may succeed.
    public var mayPass: Bool {
        switch self {
        case .noDescriptors, .noWatches, .noUnits: true
        case .launcherLost, .programNotFound, .launcherNotStarted: false
        }
    }

    public var description: String {
        switch self {
        case .noDescriptors(let code):
            "no descriptors are left to start a transport host (errno \(code)): "
                + "raise LimitNOFILE= or close sessions"
        case .noWatches(let code):
            "no watch is left for a transport host (errno \(code)): raise the kernel's "
                + "fs.epoll.max_user_watches, or find the process of this user that uses them up"
        case .launcherLost:
            "the process that starts transport hosts has ended: restart parleyd"
        case .noUnits(let path, let code):
            "no transport host can be started by \(path) (errno \(code)): "
                + "systemctl status parley-host.socket tells more"
        case .programNotFound(let paths):
            "parley-transport-host was not found; looked at \(paths): install Parley as a whole"
        case .launcherNotStarted(let program, let code):
            "\(program) can't be started (errno \(code))"
        }
    }
}
