import ArgumentParser
import JSON

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look for what keeps Parley from working, and say what to do about it.",
        discussion: """
            Works without a daemon, and changes nothing. Exit status: 0 when there is nothing to do, 4 when \
            something should be better (warning), 1 when something will not work (problem).
            """)

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
        let findings = examine()
        if gateway.json {
            let report: JSONValue = [
                "worst": .string(findings.worst.rawValue),
                "findings": .array(findings.map(\.json)),
            ]
            print(report.serialized())
        } else {
            for line in findings.flatMap(\.lines) { print(line) }
        }
        let status = findings.worst.exitStatus
        guard status == 0 else { throw ExitCode(status) }
    }

    private func examine() -> [Finding] {
        var machine = Machine()
        machine.connect = {
            Result { () throws(DaemonError) in GatewayLine(try gateway.connect()) }
        }
        let sockets = GatewaySockets(option: gateway.socket).controlPaths
        return Examination(machine: machine, sockets: sockets).findings
    }
}
