import ControlProtocol
import Glibc
import JSON
import Testing

@testable import Control

/// What peers say goes through here on the control thread, so its cost must grow as its size does.
@Suite struct RawAudioTests {
    /// An event of a peer with so many members.
    private static func event(members: Int) throws -> JSONValue {
        let text = (0..<members).map { "\"m\($0)\":1" }.joined(separator: ",")
        return try JSONValue(parsing: #"{"type":"x.audio.delta","delta":"AAAA",\#(text)}"#)
    }

    /// The time of this thread's own work, the shortest of some tries: others on the machine do not count.
    private static func cost(_ work: () -> Void) -> UInt64 {
        (0..<5).map { _ in
            let before = threadNs
            work()
            return threadNs - before
        }.min() ?? 0
    }

    private static var threadNs: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test func `Four times the members cost four times the work`() throws {
        let small = try Self.event(members: 10_000)
        let large = try Self.event(members: 40_000)
        let few = Self.cost { _ = RawAudio.replaced(in: small) }
        let many = Self.cost { _ = RawAudio.replaced(in: large) }
        #expect(many < few * 10, "\(few) ns, then \(many) ns")
    }

    @Test func `An object of a mebibyte is told as its size, and one with audio keeps its order`()
        throws
    {
        let large = ControlEvent(
            type: .transportEvent, session: "s1", data: try Self.event(members: 100_000),
            sequence: 1, timeMs: 0)
        let line = try JSONValue(parsing: large.line(rawAudio: false, limit: 128 << 10).dropLast())
        #expect(line["params"]?["data"]?["truncated"] == true)
        #expect(line["params"]?["data"]?["type"] == "x.audio.delta")
        let small = RawAudio.replaced(in: try Self.event(members: 3))
        #expect(
            small.serialized()
                == #"{"type":"x.audio.delta","delta":{"bytes":3},"m0":1,"m1":1,"m2":1}"#)
    }
}
