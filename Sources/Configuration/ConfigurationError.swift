/// One thing that is wrong, or doubtful, in the configuration.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    /// Where; nil when it belongs to no place, such as a file that can't be read.
    public let origin: Origin?
    /// The key, such as `opus.bitrate`; nil for a fault of the text itself.
    public let key: String?
    /// What is wrong and what to write instead.
    public let message: String

    public init(origin: Origin?, key: String? = nil, message: String) {
        self.origin = origin
        self.key = key
        self.message = message
    }

    /// `file:line:column: key: message`, which editors can jump to.
    public var description: String {
        var text = ""
        switch origin {
        case .file(let path, let line, let column): text += "\(path):\(line):\(column): "
        case .some(let origin): text += "\(origin): "
        case nil: break
        }
        if let key { text += "\(key): " }
        return text + message
    }
}

/// The configuration can't be used. Holds every problem, in the order of files and lines.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let problems: [ConfigurationProblem]

    public init(problems: [ConfigurationProblem]) { self.problems = problems }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Why one value is not taken; the reader adds key and place.
struct Refusal: Error {
    let message: String
    init(_ message: String) { self.message = message }
}
