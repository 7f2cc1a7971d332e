import Foundation
import Testing

/// The files in systemd/, as far as they can be judged without a service manager.
@Suite struct UnitFileTests {
    private let units = "\(ExampleProgram.root)/systemd"

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(units)/\(name)", encoding: .utf8)
    }

    @Test func systemdFindsNothingToComplainAboutInTheUnits() throws {
        var complaints: [Substring] = []
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(units)/system")
            .filter { !$0.contains("@") && ($0.hasSuffix(".service") || $0.hasSuffix(".socket")) }
        let verify = try ExampleProgram(
            ["systemd-analyze", "verify"] + files.sorted().map { "\(units)/system/\($0)" },
            environment: [:])
        complaints = verify.finish().text.split(separator: "\n").filter { line in
            // What is not installed here, and the type that 252 passes over.
            line.contains("\(units)") && !line.contains("notify-reload")
                && !line.contains("is not executable") && !line.contains("Command 'man")
        }
        #expect(complaints == [])
    }

    @Test func everySocketHasTheNameThatTheDaemonKnowsAndItsPlace() throws {
        for (kind, directory) in [("system", "/run/parley"), ("user", "%t/parley")] {
            for (unit, name) in [
                ("parleyd", "control"), ("parleyd-monitor", "monitor"), ("parleyd-audio", "audio"),
                ("parleyd-metrics", "metrics"),
            ] {
                let text = try text("\(kind)/\(unit).socket")
                #expect(text.contains("\nFileDescriptorName=\(name)\n"))
                #expect(text.contains("\nListenStream=\(directory)/\(name).sock\n"))
                #expect(text.contains("\nService=parleyd.service\n"))
            }
        }
    }

    @Test func theCatalogueExplainsEveryMessageIdOnce() throws {
        let source = try String(
            contentsOfFile: "\(ExampleProgram.root)/Sources/parleyd/MessageID.swift",
            encoding: .utf8)
        let inSource = source.matches(of: /"([0-9a-f]{32})"/).map { String($0.1) }
        let inCatalogue = try text("parley.catalog").matches(of: /-- ([0-9a-f]{32})/).map {
            String($0.1)
        }
        #expect(!inSource.isEmpty)
        #expect(inSource.sorted() == inCatalogue.sorted())
        #expect(Set(inSource).count == inSource.count)
    }
}
