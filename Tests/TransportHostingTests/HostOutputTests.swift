import EventLoop
import Glibc
import JSON
import Testing

@testable import TransportHosting

/// What plugins print.
@Suite struct HostOutputTests {
    init() { EventLoop.startThread() }

    private func lines(_ pieces: [String]) -> [String] {
        var printed = PrintedLines()
        var lines: [String] = []
        for piece in pieces { printed.take(Array(piece.utf8)) { lines.append($0) } }
        if let rest = printed.end() { lines.append(rest) }
        return lines
    }

    @Test func linesAreWholeHoweverTheyCome() {
        #expect(lines(["on", "e\ntwo\n\n\nth", "ree"]) == ["one", "two", "three"])
        #expect(lines(["a\0b"]) == ["a", "b"])
    }

    @Test func aLineIsBoundedAndPaintsNothing() {
        #expect(lines(["\u{1b}[31mred\u{7}\r\n"]) == [" [31mred  "])
        let long = lines([String(repeating: "x", count: 5_000), "\nnext"])
        #expect(long.map(\.utf8.count) == [PrintedLines.bytesMax + "…".utf8.count, 4])
    }

    @LoopActor @Test func whoPrintsDoesNotWaitAndWhatIsLeftIsTold() async throws {
        let pipe = try HostOutput.pipe()
        let lines = Record<String>()
        let output = HostOutput(pipe.ours) { lines.add($0) }
        let line = Array("a line\n".utf8)
        var written = 0
        while write(pipe.theirs.raw, line, line.count) == line.count { written += 1 }
        let code = errno
        #expect(code == EAGAIN, "full, and nobody waits")
        try await lines.first { _ in true }
        output.finish()
        #expect(lines.all.filter { $0 == "a line" }.count == written)
    }

    @LoopActor @Test func whatAHostPrintsIsLoggedAsThePlugins() async throws {
        let workshop = try Workshop()
        try workshop.install(
            Workshop.fixture("hostile"), as: "hostile.so", flags: ["-DPRINT"])
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        let (session, _) = try await stage.connected("hostile")
        try await stage.log.first { $0 == "info: hostile printed: printed 1 (hostile)" }
        session.destroy()
    }

    @LoopActor @Test func whatAPeerRepeatsOfASecretIsStruck() async throws {
        let workshop = try Workshop()
        try workshop.install(
            Workshop.fixture("hostile"), as: "hostile.so", flags: ["-DECHO_SECRET"])
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        let (session, witness) = try await stage.connected("hostile")
        try await witness.events.first { $0 == .secretRequested(name: "apiKey") }
        Array("sk-canary-echo".utf8).withUnsafeBytes {
            session.provideSecret("apiKey", value: $0)
        }
        try await witness.status(
            .disconnected(.never, code: "[secret]", reason: "the key [secret] is wrong"))
        #expect(
            witness.events.all.contains(.log(.warning, "the key [secret] is wrong, [secret]!")))
        #expect(
            witness.events.all.contains(
                .event(type: "error", data: ["type": "error", "error": ["message": "[secret]"]])))
        session.destroy()
    }
}
