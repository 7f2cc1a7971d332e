/// A configuration file. Whatever is in it, reading ends with settings or with problems that say what they are.
/// Settings that are printed can be read, and printed again they are the same, but for secrets, which are hidden,
/// and for where each value came from.
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
    guard let second = try? Settings.parse(settings.printed),
        let third = try? Settings.parse(second.printed)
    else { preconditionFailure("what was printed can't be read:\n\(settings.printed)") }
    precondition(second.printed == third.printed, second.printed)
    return 0
}
