import ControlProtocol
import JSON
import Testing

@testable import Control

/// The decision about each line, without a socket and with a clock of its own.
@Suite struct RequestIntakeTests {
    private struct Outcome: Equatable {
        var method: String?
        var id: JSONValue?
        var number: Int64?
        var isEnd = false
    }

    private static func take(
        _ line: String, role: Role = .control, inFlight: Int = 0,
        limits: ControlLimits = ControlLimits()
    ) -> Outcome {
        var intake = RequestIntake(role: role, limits: limits, nowNs: 0)
        return outcome(
            intake.take(ArraySlice(line.utf8), inFlight: inFlight, limits: limits, nowNs: 0))
    }

    private static func outcome(_ verdict: RequestIntake.Verdict) -> Outcome {
        switch verdict {
        case .run(let method, let envelope): Outcome(method: method.name, id: envelope.id)
        case .refuse(let id, let error): Outcome(id: id, number: error.kind.rawValue)
        case .end(let error): Outcome(number: error.kind.rawValue, isEnd: true)
        }
    }

    private static func request(_ method: String, _ parameters: String = "{}") -> String {
        #"{"jsonrpc":"2.0","id":7,"method":"\#(method)","params":\#(parameters)}"#
    }

    @Test func `A request that is in order runs, with or without an id`() {
        #expect(Self.take(Self.request("gateway.info")) == Outcome(method: "gateway.info", id: 7))
        #expect(
            Self.take(#"{"jsonrpc":"2.0","method":"gateway.info"}"#)
                == Outcome(method: "gateway.info"))
    }

    @Test func `The role is looked at before the parameters, and the parameters before the queue`()
    {
        let closing = Self.request("sessions.close", #"{"nonsense":1}"#)
        #expect(Self.take(closing, role: .monitor, inFlight: 99) == Outcome(id: 7, number: -32_000))
        #expect(Self.take(closing, inFlight: 99) == Outcome(id: 7, number: -32_602))
        let info = Self.request("gateway.info")
        #expect(Self.take(info, inFlight: 15) == Outcome(method: "gateway.info", id: 7))
        #expect(Self.take(info, inFlight: 16) == Outcome(id: 7, number: -32_000))
    }

    @Test func `A line is too long at one byte over its limit, which depends on method and role`() {
        var limits = ControlLimits()
        limits.lineSize = 200
        limits.largeLineSize = 400
        func padded(_ method: String, _ parameters: String, to size: Int) -> String {
            let line = Self.request(method, parameters)
            return line + String(repeating: " ", count: size - line.utf8.count)
        }
        let small = (method: "gateway.info", parameters: "{}")
        let large = (method: "session.sendEvent", parameters: #"{"session":"s1","event":{}}"#)
        let table:
            [(call: (method: String, parameters: String), role: Role, size: Int, ends: Bool)] =
                [
                    (small, .control, 200, false), (small, .control, 201, true),
                    (small, .monitor, 200, false), (small, .monitor, 201, true),
                    (large, .control, 400, false), (large, .control, 401, true),
                ]
        for row in table {
            let line = padded(row.call.method, row.call.parameters, to: row.size)
            let outcome = Self.take(line, role: row.role, limits: limits)
            #expect(outcome.isEnd == row.ends, "\(row)")
        }
    }

    @Test func `A long line counts as several requests, but one alone is always taken`() {
        var limits = ControlLimits()
        limits.requestBurst = 4
        limits.requestsPerSecond = 1
        limits.bytesPerRequest = 1_000
        var intake = RequestIntake(role: .control, limits: limits, nowNs: 0)
        func outcome(_ bytes: Int, atS: UInt64) -> Outcome {
            let line = Self.request("gateway.info")
            let padded = line + String(repeating: " ", count: bytes - line.utf8.count)
            return Self.outcome(
                intake.take(
                    ArraySlice(padded.utf8), inFlight: 0, limits: limits,
                    nowNs: atS * 1_000_000_000))
        }
        let runs = Outcome(method: "gateway.info", id: 7)
        let refused = Outcome(id: 7, number: -32_000)
        #expect(outcome(2_500, atS: 0) == runs)
        #expect(outcome(500, atS: 0) == runs)
        #expect(outcome(500, atS: 0) == refused)
        #expect(outcome(2_500, atS: 2) == refused)
        #expect(outcome(2_500, atS: 3) == runs)
        #expect(outcome(90_000, atS: 7) == runs)
        #expect(outcome(500, atS: 7) == refused)
    }

    @Test func `Over the rate each request is refused with its id, and time makes it good`() {
        var limits = ControlLimits()
        limits.requestBurst = 2
        limits.requestsPerSecond = 10
        var intake = RequestIntake(role: .control, limits: limits, nowNs: 0)
        let line = ArraySlice(Self.request("gateway.info").utf8)
        let runs = Outcome(method: "gateway.info", id: 7)
        let refused = Outcome(id: 7, number: -32_000)
        for (atMs, wanted) in [
            (0, runs), (0, runs), (0, refused), (99, refused), (100, runs), (101, refused),
        ] as [(UInt64, Outcome)] {
            let verdict = intake.take(line, inFlight: 0, limits: limits, nowNs: atMs * 1_000_000)
            #expect(Self.outcome(verdict) == wanted, "at \(atMs) ms")
        }
        // Nothing to tell the id by, or more to read than a refusal is worth.
        let long = Self.request("gateway.info") + String(repeating: " ", count: 4_096)
        for text in ["no JSON", "[]", #"{"id":{"a":1}}"#, #"{"id":1.5}"#, long] {
            let verdict = intake.take(
                ArraySlice(text.utf8), inFlight: 0, limits: limits, nowNs: 101_000_000)
            #expect(Self.outcome(verdict) == Outcome(id: .null, number: -32_000), "\(text)")
        }
    }
}
