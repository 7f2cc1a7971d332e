extension Settings {
    /// Reads the settings.
    ///
    /// With `--config` that file alone; else the main file, then `conf.d/*.toml` beside it in the
    /// order of their names, where later ones win. Missing files are fine, except one that was asked
    /// for. Flags win over files.
    ///
    /// - Throws: every problem of every file at once.
    public static func load(
        from sources: ConfigurationSources = ConfigurationSources()
    ) throws(ConfigurationError) -> Settings {
        var reader = SettingsReader()
        var settings = Settings()
        let paths = paths(sources, &reader)
        for path in paths {
            guard let file = parse(path, isRequired: path == sources.file, &reader) else {
                continue
            }
            settings.files.append(path)
            settings.document.merge(file)
        }
        settings.read(&reader)
        settings.apply(sources, &reader)
        guard reader.problems.isEmpty else {
            throw ConfigurationError(problems: inOrder(reader.problems, of: paths))
        }
        settings.warnings = inOrder(reader.warnings, of: paths)
        settings.origins = reader.origins
        return settings
    }

    /// Reads the settings from text, as if it were a file of that name. For tests and tools.
    public static func parse(
        _ text: String, path: String = "parley.toml"
    ) throws(ConfigurationError) -> Settings {
        var reader = SettingsReader()
        var settings = Settings()
        settings.files = [path]
        let node = try TomlNode(parsing: Array(text.utf8), path: path)
        settings.document = checked(node.table ?? TomlTable(), &reader)
        settings.read(&reader)
        guard reader.problems.isEmpty else {
            throw ConfigurationError(problems: inOrder(reader.problems, of: [path]))
        }
        settings.warnings = inOrder(reader.warnings, of: [path])
        settings.origins = reader.origins
        return settings
    }

    private static func paths(
        _ sources: ConfigurationSources, _ reader: inout SettingsReader
    ) -> [String] {
        if let file = sources.file { return [file] }
        do {
            return [sources.mainFile] + (try ConfigurationFile.list("\(sources.directory)/conf.d"))
        } catch {
            reader.problems += error.problems
            return [sources.mainFile]
        }
    }

    private static func parse(
        _ path: String, isRequired: Bool, _ reader: inout SettingsReader
    ) -> TomlTable? {
        do {
            guard let bytes = try ConfigurationFile.read(path) else {
                if isRequired {
                    reader.problems.append(
                        ConfigurationProblem(
                            origin: .flag("--config"), message: "there is no file \(path)"))
                }
                return nil
            }
            let node = try TomlNode(parsing: bytes, path: path)
            return node.table.map { checked($0, &reader) }
        } catch {
            reader.problems += error.problems
            return nil
        }
    }

    /// What must hold for each file by itself.
    private static func checked(_ file: TomlTable, _ reader: inout SettingsReader) -> TomlTable {
        if let version = file["version"] {
            if case .integer(1) = version.value {
            } else {
                reader.report(version, "version", "must be 1: this is what this parleyd reads")
            }
        }
        var names: Set<String> = []
        for session in file["session"]?.array ?? [] {
            guard let name = session.table?["name"], let text = name.string else { continue }
            if !names.insert(text).inserted {
                reader.report(name, "session.\(text).name", "this file has a session of that name")
            }
        }
        return file
    }

    private static func inOrder(
        _ problems: [ConfigurationProblem], of files: [String]
    ) -> [ConfigurationProblem] {
        func place(_ problem: ConfigurationProblem) -> (Int, Int, Int) {
            guard case .file(let path, let line, let column)? = problem.origin else {
                return (-1, 0, 0)
            }
            return (files.firstIndex(of: path) ?? files.count, line, column)
        }
        return problems.enumerated().sorted { left, right in
            let a = place(left.element)
            let b = place(right.element)
            return a == b ? left.offset < right.offset : a < b
        }.map(\.element)
    }

    private mutating func apply(
        _ sources: ConfigurationSources, _ reader: inout SettingsReader
    ) {
        guard let level = sources.logLevel else { return }
        let flag = TomlNode(value: .string(level), origin: .flag("--log-level"))
        let table = TomlTable(members: [.init(key: "level", node: flag)])
        let logging = TomlNode(value: .table(table), origin: flag.origin)
        reader.read(
            TomlTable(members: [.init(key: "logging", node: logging)]), by: Settings.table,
            into: &self)
    }
}
