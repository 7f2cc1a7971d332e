import Control
import Foundation
import JSON
import Testing

/// A key is in its header and nowhere else, whatever a test does: looked for at the end of each.
extension DaemonUnderTest {
    /// What every key of these tests begins with.
    static let canary = "sk-canary"

    /// Records an issue for each place that shows a key: the log, files of the daemon, arguments and environments,
    /// answers.
    func lookForKeys() {
        var shown = [("the log", log)]
        for name in ["run", "cache"] { shown += files(in: "\(directory)/\(name)") }
        if process.isRunning {
            for pid in Self.family(of: process.processIdentifier) {
                for name in ["cmdline", "environ"]
                where !(pid == process.processIdentifier && isGivenAKey) {
                    shown.append(("/proc/\(pid)/\(name)", Self.text("/proc/\(pid)/\(name)")))
                }
            }
            shown += answers()
        }
        for (place, text) in shown where text.contains(Self.canary) {
            Issue.record("a key is in \(place):\n\(text)")
        }
    }

    /// `{ environment = "…" }` is for development, and then the daemon itself has it there.
    private var isGivenAKey: Bool {
        process.environment?.values.contains { $0.contains(Self.canary) } == true
    }

    private func files(in folder: String) -> [(String, String)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.map { ("\(folder)/\($0)", Self.text("\(folder)/\($0)")) }
    }

    /// What a client is told; a daemon that the test has made deaf tells nothing.
    private func answers() -> [(String, String)] {
        guard let client = try? client() else { return [] }
        func ask(_ method: String, _ parameters: JSONObject = [:]) -> JSONValue? {
            try? client.call(method, parameters, timeout: .seconds(5))
        }
        var answers: [(String, JSONValue?)] = [
            "gateway.status", "gateway.metrics", "sessions.list", "transports.list",
        ].map { ($0, ask($0)) }
        for session in answers[2].1?["sessions"]?.arrayValue ?? [] {
            guard let id = session["session"] else { continue }
            answers.append(("sessions.get", ask("sessions.get", ["session": id])))
        }
        return answers.map { ($0.0, $0.1?.serialized() ?? "") }
    }

    /// A process and its descendants.
    static func family(of pid: pid_t) -> [pid_t] {
        [pid]
            + text("/proc/\(pid)/task/\(pid)/children").split(separator: " ")
            .compactMap { pid_t($0) }.flatMap(family)
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
