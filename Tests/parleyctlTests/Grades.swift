import Testing

@testable import parleyctl

/// The grades of findings. Each that asks for something says why, and by which command it is mended.
func grades(
    _ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation
) -> [Finding.Grade] {
    for finding in findings where finding.grade >= .warning {
        #expect(finding.why?.isEmpty == false, "\(finding)", sourceLocation: sourceLocation)
        #expect(finding.remedy != nil, "\(finding)", sourceLocation: sourceLocation)
    }
    for remedy in findings.compactMap(\.remedy) {
        #expect(isCommand(remedy.command), "\(remedy)", sourceLocation: sourceLocation)
        #expect(remedy.words?.isEmpty != true, "\(remedy)", sourceLocation: sourceLocation)
    }
    return findings.map(\.grade)
}

/// Whether each part of a line begins with a program that is there for it.
private func isCommand(_ line: String) -> Bool {
    let programs: Set<String> = [
        "${EDITOR:-vi}", "apt", "chmod", "chown", "cp", "echo", "env", "export", "install", "ip",
        "journalctl", "loginctl", "ls", "machinectl", "nft", "openssl", "pactl", "parleyctl",
        "parleyd", "resolvectl", "ss", "systemctl", "tee", "timedatectl", "ulimit", "usermod",
    ]
    return line.split(separator: ";").allSatisfy { part in
        var words = part.split(separator: " ").drop { $0.contains("=") && !$0.contains("{") }
        if words.first == "sudo" {
            words = words.dropFirst()
            // -u NAME, and variables.
            if words.first?.hasPrefix("-") == true { words = words.dropFirst(2) }
            words = words.drop { $0.contains("=") }
        }
        return words.first.map { programs.contains(String($0)) } ?? false
    }
}
