extension SecretSource {
    private static let places: Set<String> = ["credential", "file", "environment"]

    /// Whether a table means a secret: it has nothing but places where one may be kept.
    static func hasShape(_ table: TomlTable) -> Bool {
        !table.members.isEmpty && table.members.allSatisfy { places.contains($0.key) }
    }

    /// - Parameter table: one that has the shape.
    init(_ table: TomlTable) throws(Refusal) {
        guard let member = table.members.first, table.members.count == 1 else {
            throw Refusal("must name one place: credential, file or environment")
        }
        guard let text = member.node.string, !text.isEmpty, !text.utf8.contains(0) else {
            throw Refusal("\(member.key) must be a string that names the secret's place")
        }
        switch member.key {
        case "credential":
            guard !text.contains("/"), text != ".", text != ".." else {
                throw Refusal("credential must be a name without slashes, not a path")
            }
            self = .credential(text)
        case "file":
            self = .file(SecretSource.absolute(text, beside: member.node.origin))
        default:
            guard !text.contains("=") else {
                throw Refusal("environment must be the name of a variable")
            }
            self = .environment(text)
        }
    }

    /// Relative to the file that names it.
    private static func absolute(_ path: String, beside origin: Origin) -> String {
        guard !path.hasPrefix("/"), case .file(let file, _, _) = origin,
            let slash = file.lastIndex(of: "/")
        else { return path }
        return file[...slash] + path
    }
}

/// Guesses from an option's name whether its value must not be shown.
enum SecretName {
    private static let endings = ["key", "token", "secret", "password", "passphrase"]

    static func isSuspicious(_ key: String, _ node: TomlNode) -> Bool {
        guard let text = node.string, !text.isEmpty else { return false }
        let name = key.lowercased()
        return endings.contains { name.hasSuffix($0) }
    }
}
