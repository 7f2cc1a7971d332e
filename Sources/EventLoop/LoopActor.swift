/// Everything that decides in Parley runs on one thread, and this actor is that thread.
///
/// Sessions, plugins, clients and config are isolated to it, so the compiler proves that no lock is
/// needed there. Audio runs elsewhere and reaches this thread through rings and ``EventLoop/post(_:)``.
/// What blocks does not belong here: a call that takes 10 ms delays every client by 10 ms.
@globalActor
public actor LoopActor {
    public static let shared = LoopActor()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        EventLoop.shared.asUnownedSerialExecutor()
    }
}

extension LoopActor {
    /// Runs `body` as part of the control thread, from a callback that is known to be on it. Traps
    /// elsewhere.
    ///
    /// The cast drops the isolation from the function's type, as the standard library does for
    /// `MainActor.assumeIsolated`: an isolated function that is called directly on its executor is an
    /// ordinary call.
    public static func assumeIsolated<Result: Sendable>(
        _ body: @LoopActor () throws -> Result
    ) rethrows -> Result {
        EventLoop.shared.checkIsolated()
        return try withoutActuallyEscaping(body) { isolated in
            try unsafeBitCast(isolated, to: (() throws -> Result).self)()
        }
    }
}

extension LoopActor {
    /// Makes the calling thread the control thread for the time of `body`, which sets things up and
    /// calls ``EventLoop/run()``. For the program's main function, once.
    public static func bootstrap<Result: Sendable>(
        _ body: @LoopActor () throws -> Result
    ) rethrows -> Result {
        EventLoop.shared.adoptCurrentThread()
        return try assumeIsolated(body)
    }
}
