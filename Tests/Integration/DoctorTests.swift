import Foundation
import JSON
import SoundServer
import Testing

/// `parleyctl doctor` on this machine, beside a real daemon and a real sound server.
@Suite(.serialized) struct DoctorTests {
    private func doctor(
        _ daemon: DaemonUnderTest, _ sound: PrivateSoundServer?
    ) throws -> (status: Int32, findings: [JSONValue], worst: String?) {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "\(DaemonUnderTest.buildDirectory)/parleyctl")
        program.arguments = ["doctor", "--json", "--socket", daemon.runtimeDirectory]
        var environment = sound?.environment ?? ProcessInfo.processInfo.environment
        environment["PARLEY_TRANSPORT_PATH"] = daemon.transportDirectory
        environment["HOME"] = daemon.directory
        if sound == nil { environment["PULSE_SERVER"] = "unix:/nowhere" }
        program.environment = environment
        let output = Pipe()
        program.standardOutput = output
        try program.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        program.waitUntilExit()
        let report = try JSONValue(parsing: text)
        return (
            program.terminationStatus, report["findings"]?.arrayValue ?? [],
            report["worst"]?.stringValue
        )
    }

    /// The exit status tells of the worst finding, and every finding that asks for something has a command.
    private func expectStatus(of report: (status: Int32, findings: [JSONValue], worst: String?)) {
        let order = ["good", "note", "warning", "problem"]
        let places = report.findings.compactMap { finding in
            order.firstIndex { $0 == finding["grade"]?.stringValue }
        }
        #expect(places.count == report.findings.count)
        let worst = places.max() ?? 0
        #expect(report.worst == order[worst])
        #expect(report.status == [0, 0, 4, 1][worst])
        for finding in report.findings where ["warning", "problem"].contains(finding["grade"]) {
            #expect(finding["command"]?.stringValue?.isEmpty == false, "\(finding)")
        }
    }

    @Test func aGatewayWithSoundHasNoProblem() throws {
        let sound = try PrivateSoundServer.start()
        let daemon = try DaemonUnderTest(sound: sound)
        let report = try doctor(daemon, sound)
        func has(_ check: String, _ grade: String, _ part: String) -> Bool {
            report.findings.contains {
                $0["check"]?.stringValue == check && $0["grade"]?.stringValue == grade
                    && $0["what"]?.stringValue?.contains(part) == true
            }
        }
        #expect(has("gateway", "good", "answers at"))
        #expect(has("gateway", "good", "connected to its sound server"))
        #expect(has("sound", "good", "sound server"))
        #expect(has("plugins", "good", "loopback.so"))
        #expect(has("versions", "good", "parleyd"))
        for check in ["login", "real-time", "clock", "configuration"] {
            #expect(report.findings.contains { $0["check"]?.stringValue == check }, "\(check)")
        }
        // The microphone of the private server is what a loudspeaker plays, and it is muted by nobody.
        let problems = report.findings.filter { $0["grade"] == "problem" }
        for problem in problems { #expect(problem["check"] == "sound", "\(problem)") }
        expectStatus(of: report)
    }

    @Test func aGatewayWithoutSoundIsAProblemWithARemedy() throws {
        let daemon = try DaemonUnderTest()
        let report = try doctor(daemon, nil)
        #expect(report.worst == "problem")
        expectStatus(of: report)
        let problem = report.findings.first {
            $0["check"] == "sound" && $0["grade"] == "problem"
        }
        #expect(problem?["why"]?.stringValue?.contains("/nowhere") == true)
        #expect(problem?["command"]?.stringValue?.contains("systemctl") == true)
    }
}
