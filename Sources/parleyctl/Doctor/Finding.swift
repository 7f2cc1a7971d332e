import JSON
import TerminalView

/// Something that the doctor looked at.
struct Finding: Equatable {
    enum Grade: String, Comparable {
        case good
        /// Worth knowing; nothing to do, or only perhaps.
        case note
        /// It works, and not as it should.
        case warning
        /// It will not work like this.
        case problem

        /// Of `parleyctl doctor`, when this is the worst. 2 and 3 mean other things in this program.
        var exitStatus: Int32 {
            switch self {
            case .good, .note: 0
            case .warning: 4
            case .problem: 1
            }
        }

        /// From the best to the worst.
        static let order: [Grade] = [.good, .note, .warning, .problem]

        static func < (one: Grade, other: Grade) -> Bool {
            order.firstIndex(of: one) ?? 0 < order.firstIndex(of: other) ?? 0
        }
    }

    var grade: Grade
    /// Of the check that found it.
    var check = ""
    var what: String
    var why: String?
    var remedy: Remedy?

    static func good(_ what: String) -> Finding { Finding(grade: .good, what: what) }

    static func note(_ what: String, why: String? = nil, remedy: Remedy? = nil) -> Finding {
        Finding(grade: .note, what: what, why: why, remedy: remedy)
    }

    static func warning(_ what: String, why: String, remedy: Remedy) -> Finding {
        Finding(grade: .warning, what: what, why: why, remedy: remedy)
    }

    static func problem(_ what: String, why: String, remedy: Remedy) -> Finding {
        Finding(grade: .problem, what: what, why: why, remedy: remedy)
    }

    var json: JSONValue {
        var object: JSONObject = [
            "check": .string(check), "grade": .string(grade.rawValue), "what": .string(what),
        ]
        if let why { object["why"] = .string(why) }
        if let remedy {
            object["remedy"] = .string("\(remedy)")
            object["command"] = .string(remedy.command)
        }
        return .object(object)
    }

    /// What it is in the first line, why and what to do below.
    var lines: [String] {
        let mark =
            switch grade {
            case .good: "ok      "
            case .note: "note    "
            case .warning: "warning "
            case .problem: "problem "
            }
        var lines = [mark + what]
        if let why { lines.append("        why: \(why)") }
        if let remedy { lines.append("        do:  \(remedy)") }
        return lines.map(TerminalText.harmless)
    }
}

extension [Finding] {
    /// Good when there is nothing.
    var worst: Finding.Grade {
        map(\.grade).max() ?? .good
    }
}
