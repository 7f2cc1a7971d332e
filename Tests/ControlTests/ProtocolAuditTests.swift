import ControlProtocol
import EventLoop
import JSON
import Testing

@testable import Control

/// What the audit of a debug build says, and of what it says nothing.
@Suite struct ProtocolAuditTests {
    @Test func `Differences are told in a sentence, everything else is passed over`() async throws {
        EventLoop.startThread()
        let method = try #require(ControlMethod.named("sessions.close"))
        let lines = await Self.lines { audit in
            audit.answer(method, .success(["session": "s1", "state": "closed"]))
            audit.answer(method, .success(["session": "s1", "state": "gone", "more": 1]))
            audit.answer(method, .success(["session": "s1"]))
            for code in [ControlError.Code.unknownSession, .forbidden, .limitExceeded, .nameTaken] {
                audit.answer(method, .failure(ControlError(code, "")))
            }
            audit.answer(method, .failure(ControlError(.invalidParameters, "")))
            audit.event(.lost, ["count": 1])
            audit.event(.lost, ["count": -1])
            // The peer's protocol may say more.
            audit.event(.itemUpdate, ["itemId": "i", "phase": 3])
        }
        #expect(
            lines == [
                "the answer of sessions.close is not as declared: unknown member it.more; "
                    + "known are: session, state",
                "the answer of sessions.close is not as declared: member it.state is missing",
                "sessions.close does not declare that it may refuse with name_taken",
                "the data of lost is not as declared: it.count must be an integer from 0",
            ])
    }

    @LoopActor private static func lines(_ body: @LoopActor @Sendable (ProtocolAudit) -> Void)
        -> [String]
    {
        var lines: [String] = []
        var audit = ProtocolAudit()
        audit.report = { lines.append($0) }
        body(audit)
        return lines
    }
}
