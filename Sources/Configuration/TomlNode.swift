import CToml

/// A value of a TOML document and the place where it stands.
struct TomlNode: Sendable {
    indirect enum Value: Sendable {
        case string(String)
        case integer(Int64)
        case number(Double)
        case bool(Bool)
        /// Any date or time; no key of Parley takes one.
        case date(String)
        case array([TomlNode])
        case table(TomlTable)
    }

    var value: Value
    var origin: Origin

    var table: TomlTable? {
        if case .table(let table) = value { table } else { nil }
    }

    var array: [TomlNode]? {
        if case .array(let elements) = value { elements } else { nil }
    }

    var string: String? {
        if case .string(let text) = value { text } else { nil }
    }

    /// What it is, for messages: `a string`, `a table`.
    var kindName: String {
        switch value {
        case .string: "a string"
        case .integer: "an integer"
        case .number: "a number"
        case .bool: "a boolean"
        case .date: "a date"
        case .array: "an array"
        case .table: "a table"
        }
    }
}

/// A table in the order of the text.
struct TomlTable: Sendable {
    struct Member: Sendable {
        let key: String
        var node: TomlNode
    }

    var members: [Member] = []
    /// Written as `{ … }`: a later file replaces it as a whole.
    var isInline = false

    /// Setting nil is not supported: config has no way to take a key back.
    subscript(key: String) -> TomlNode? {
        get { members.first { $0.key == key }?.node }
        set {
            guard let newValue else { return }
            if let index = members.firstIndex(where: { $0.key == key }) {
                members[index].node = newValue
            } else {
                members.append(Member(key: key, node: newValue))
            }
        }
    }
}

extension TomlNode {
    /// Parses a document.
    ///
    /// - Parameter path: the file's name, for positions.
    /// - Throws: the first fault of the text; nothing after it can be trusted.
    init(parsing text: [UInt8], path: String) throws(ConfigurationError) {
        let document = text.withUnsafeBytes { bytes in
            parley_toml_parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard let document else { fatalError("no memory left to read \(path)") }
        defer { parley_toml_free(document) }
        var line: UInt32 = 0
        var column: UInt32 = 0
        if let message = parley_toml_error(document, &line, &column) {
            let place = Origin.file(path: path, line: Int(line), column: Int(column))
            throw ConfigurationError(problems: [
                ConfigurationProblem(origin: place, message: String(cString: message))
            ])
        }
        var count = 0
        let nodes = parley_toml_nodes(document, &count)
        var walk = TomlWalk(nodes: UnsafeBufferPointer(start: nodes, count: count), path: path)
        self = walk.next()
    }
}

/// Turns the flat list of nodes back into a tree.
private struct TomlWalk {
    let nodes: UnsafeBufferPointer<parley_toml_node>
    let path: String
    private var index = 0

    init(nodes: UnsafeBufferPointer<parley_toml_node>, path: String) {
        self.nodes = nodes
        self.path = path
    }

    mutating func next() -> TomlNode {
        let node = nodes[index]
        index += 1
        return TomlNode(
            value: value(of: node),
            origin: .file(path: path, line: Int(node.line), column: Int(node.column)))
    }

    private mutating func value(of node: parley_toml_node) -> TomlNode.Value {
        switch node.kind {
        case PARLEY_TOML_TABLE: .table(table(of: node))
        case PARLEY_TOML_ARRAY: .array((0..<node.child_count).map { _ in next() })
        case PARLEY_TOML_STRING: .string(text(node.text, node.text_size))
        case PARLEY_TOML_INTEGER: .integer(node.integer)
        case PARLEY_TOML_FLOAT: .number(node.number)
        case PARLEY_TOML_BOOLEAN: .bool(node.boolean != 0)
        case PARLEY_TOML_DATE: .date(text(node.text, node.text_size))
        default: preconditionFailure("the TOML door gave kind \(node.kind.rawValue)")
        }
    }

    private mutating func table(of node: parley_toml_node) -> TomlTable {
        var table = TomlTable(isInline: node.is_inline != 0)
        for _ in 0..<node.child_count {
            let child = nodes[index]
            table.members.append(
                TomlTable.Member(key: text(child.key, child.key_size), node: next()))
        }
        return table
    }

    private func text(_ start: UnsafePointer<CChar>?, _ size: Int) -> String {
        let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : size)
        return String(decoding: bytes, as: UTF8.self)
    }
}
