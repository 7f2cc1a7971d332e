/// The credentials that parleyd.service loads, as its manager of systemd has read the unit (systemd.exec(5)).
struct UnitCredentials: Equatable {
    /// One `LoadCredential=` or `LoadCredentialEncrypted=`.
    struct Line: Equatable, CustomStringConvertible {
        var name: String
        /// Without a slash it is a name that systemd looks for in directories of its own.
        var path: String
        var isEncrypted: Bool

        var description: String {
            "LoadCredential\(isEncrypted ? "Encrypted" : "")=\(name)"
                + (path == name ? "" : ":\(path)")
        }

        /// Where systemd looks, in order.
        var places: [String] {
            if path.hasPrefix("/") { return [path] }
            let stores = ["/etc", "/run", "/usr/lib"]
            let plain = stores.map { "\($0)/credstore/\(path)" }
            let encrypted = stores.map { "\($0)/credstore.encrypted/\(path)" }
            return ["/run/credentials/@system/\(path)"] + (isEncrypted ? encrypted : []) + plain
        }
    }

    var lines: [Line]

    init(lines: [Line]) { self.lines = lines }

    /// - Returns: nil when the manager does not tell. `systemctl show` has no words for these properties.
    static func look(_ manager: ServiceUnit.Manager, _ machine: Machine) -> UnitCredentials? {
        guard machine.exists("/run/systemd/system") else { return nil }
        let flag: String
        switch manager {
        case .system: flag = ""
        case .user: flag = "--user "
        case .other: return nil
        }
        let answer = machine.run(
            "busctl \(flag)get-property org.freedesktop.systemd1 "
                + "/org/freedesktop/systemd1/unit/parleyd_2eservice "
                + "org.freedesktop.systemd1.Service LoadCredential LoadCredentialEncrypted")
        return answer.status == 0 ? UnitCredentials(busctl: answer.output) : nil
    }

    /// - Parameter busctl: a line such as `a(ss) 1 "key" "/etc/key"` for each of the two properties.
    init?(busctl output: String) {
        let answers = output.split(separator: "\n")
        guard answers.count == 2, answers.allSatisfy({ $0.hasPrefix("a(ss) ") }) else {
            return nil
        }
        lines = []
        for (answer, isEncrypted) in zip(answers, [false, true]) {
            let texts = Self.texts(answer)
            guard texts.count.isMultiple(of: 2) else { return nil }
            for place in stride(from: 0, to: texts.count, by: 2) {
                lines.append(
                    Line(name: texts[place], path: texts[place + 1], isEncrypted: isEncrypted))
            }
        }
    }

    /// What stands in quotation marks, where a backslash goes before what is meant as it is.
    private static func texts(_ line: Substring) -> [String] {
        var texts: [String] = []
        var text: String?
        var isEscaped = false
        for character in line {
            if isEscaped {
                text?.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                if let complete = text { texts.append(complete) }
                text = text == nil ? "" : nil
            } else {
                text?.append(character)
            }
        }
        return texts
    }
}
