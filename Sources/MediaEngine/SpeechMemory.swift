import AudioCore
import EventLoop

/// Gives what a long speech took back to the system, a while after it was heard; speech that goes on keeps
/// it.
@LoopActor
final class SpeechMemory {
    private let pause: Duration
    private var memory: PlayoutMemory?
    private var timer: LoopTimer?

    /// - Parameter pause: from the report that follows the speech on.
    init(pause: Duration = .seconds(5)) { self.pause = pause }

    isolated deinit { timer?.cancel() }

    /// Whether pages are about to go back.
    var isWaiting: Bool { timer != nil }

    /// The session's queue is another from now on.
    func adopt(_ memory: PlayoutMemory) { self.memory = memory }

    /// Something became of a piece of speech.
    func speechChanged() {
        guard timer == nil, memory?.hasLeftPages == true else { return }
        timer = EventLoop.shared.schedule(after: pause) { [weak self] in
            self?.timer = nil
            self?.memory?.trim()
        }
    }
}
