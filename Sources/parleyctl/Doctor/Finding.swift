import JSON
import TerminalView

/// Something that the doctor looked at.
struct Finding: Equatable {
    enum Grade: String {
        case good
        /// Worth knowing; nothing to do, or only perhaps.
        case note
        /// It will not work like this.
        case problem
    }

    var grade: Grade
    var what: String
    var why: String?
    var remedy: String?

    static func good(_ what: String) -> Finding { Finding(grade: .good, what: what) }

    static func note(_ what: String, why: String? = nil, remedy: String? = nil) -> Finding {
        Finding(grade: .note, what: what, why: why, remedy: remedy)
    }

    static func problem(_ what: String, why: String, remedy: String) -> Finding {
        Finding(grade: .problem, what: what, why: why, remedy: remedy)
    }

    var json: JSONValue {
        var object: JSONObject = ["grade": .string(grade.rawValue), "what": .string(what)]
        if let why { object["why"] = .string(why) }
        if let remedy { object["remedy"] = .string(remedy) }
        return .object(object)
    }

    /// What it is in the first line, why and what to do below.
    var lines: [String] {
        let mark =
            switch grade {
            case .good: "ok      "
            case .note: "note    "
            case .problem: "problem "
            }
        var lines = [mark + what]
        if let why { lines.append("        why: \(why)") }
        if let remedy { lines.append("        do:  \(remedy)") }
        return lines.map(TerminalText.harmless)
    }
}
