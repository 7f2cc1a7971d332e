import EventLoop
import JSON
import MediaEngine
import TransportHosting

/// A command or barrier that waits for its answer.
struct PendingCommand {
    let timer: LoopTimer
    let resume: (TransportResult, JSONValue?) -> Void
}

/// What clients ask of the far side.
extension Session {
    /// How long a plugin may take to complete a command.
    static var commandTimeout: Duration { .seconds(30) }
    /// How long the mute barrier may take before the host is killed (docs/DataFlow.md).
    static var barrierTimeout: Duration { .milliseconds(100) }
    /// The same while the host still loads its plugin, for which it has 5 s: the barrier lies behind the
    /// sound in its socket, and nothing was heard by the plugin yet.
    static var loadingBarrierTimeout: Duration { .seconds(6) }

    /// Sends a command of the transport layer and waits until the plugin has done it.
    ///
    /// - Parameter json: its arguments.
    ///
    /// - Parameter whenSent: what is to happen as soon as the command is on its way.
    func command(
        _ name: String, _ json: JSONValue, whenSent: () -> Void = {}
    ) async -> (TransportResult, JSONValue?) {
        guard let transport else {
            whenSent()
            return (.notConnected, nil)
        }
        return await wait(timeout: Self.commandTimeout, onTimeout: { _ in }) { number in
            transport.command(name, id: number, arguments: json)
            whenSent()
        }
    }

    /// Mutes or unmutes the microphone. When a mute returns, no sound of the microphone is on its way
    /// in any process of Parley: a host that does not confirm in time is killed.
    func muteInput(_ muted: Bool) async {
        isInputMuted = muted
        // One that waits for callers sends no sound: there is nothing to wait for.
        guard muted, !isListening, let transport else {
            media.muteInput(muted, barrier: 0)
            return
        }
        _ = await wait(
            timeout: transport.isHostLoaded ? Self.barrierTimeout : Self.loadingBarrierTimeout,
            onTimeout: { _ in transport.killHost(because: "it did not confirm a mute in time") }
        ) { number in
            media.muteInput(true, barrier: number)
        }
    }

    /// Sends a clip in the uplink's rate; returns when it is on the audio socket, so that a command
    /// behind it comes behind it.
    func sendClip(_ samples: [Float]) async {
        _ = await wait(timeout: Self.commandTimeout, onTimeout: { _ in }) { number in
            media.sendClip(samples, number: number)
        }
    }

    func clipSent(_ number: UInt32) { complete(number, .done, nil) }

    func muteOutput(_ muted: Bool) {
        isOutputMuted = muted
        media.muteOutput(muted)
    }

    /// Stops what the peer says, at once. A plugin that can interrupt its peer is told before it hears of
    /// the flush, and the sound does not wait for its answer.
    func interrupt() async {
        let stop = { [media] in media.interrupt(cause: TransportCause.client.rawValue) }
        guard descriptor?.capabilities.contains(.interrupt) == true else { return stop() }
        _ = await command("interrupt", .object([:]), whenSent: stop)
    }

    // MARK: Answers

    private func wait(
        timeout: Duration, onTimeout: @escaping @LoopActor (UInt32) -> Void,
        begin: (UInt32) -> Void
    ) async -> (TransportResult, JSONValue?) {
        lastCommand += 1
        let number = lastCommand
        return await withCheckedContinuation { continuation in
            let timer = EventLoop.shared.schedule(after: timeout) { [weak self] in
                onTimeout(number)
                self?.complete(number, .failed, ["message": "the plugin did not answer in time"])
            }
            pending[number] = PendingCommand(timer: timer) { result, data in
                continuation.resume(returning: (result, data))
            }
            begin(number)
        }
    }

    func complete(_ number: UInt32, _ result: TransportResult, _ data: JSONValue?) {
        guard let command = pending.removeValue(forKey: number) else { return }
        command.timer.cancel()
        command.resume(result, data)
    }

    func failPending(_ result: TransportResult) {
        let waiting = pending
        pending = [:]
        for command in waiting.values {
            command.timer.cancel()
            command.resume(result, nil)
        }
    }
}
