import CParleyWire
import EventLoop
import JSON
import Testing

@testable import TransportHosting

/// A session of the C example in a real host.
@Suite struct SessionTests {
    init() { EventLoop.startThread() }

    @LoopActor @Test func soundComesBackThroughAPluginInItsOwnProcess() async throws {
        let workshop = try Workshop()
        try workshop.install(Workshop.delay, as: "delay.so")
        let stage = try Stage(workshop)
        try await stage.added("delay")
        let (session, _) = try await stage.connected("delay", options: ["delayMs": 5])
        var line = AudioLine(session)
        try line.send([1, -2, 3])
        let (frame, samples) = try await line.receive()
        #expect(samples == [1, -2, 3])
        #expect(frame.session == session.number)
        #expect(frame.generation == 1)
        session.destroy()
    }
}
