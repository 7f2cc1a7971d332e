/// A configuration file. Whatever is in it, reading ends with settings, which can be printed, or with
/// problems that say what they are.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTOML(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    _ = try? TomlNode(parsing: bytes, path: "fuzz.toml")
    guard let text = String(validating: bytes, as: UTF8.self) else { return 0 }
    let settings: Settings
    do {
        settings = try Settings.parse(text)
    } catch {
        precondition(!error.problems.isEmpty && !error.description.isEmpty)
        return 0
    }
    for warning in settings.warnings { precondition(!warning.description.isEmpty) }
    precondition(!settings.printed.isEmpty)
    return 0
}
