import JSON

/// What a plugin says that it is, as its host passes it on, and options against the schema in it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManifest(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(DescriptorError) {
        let descriptor = try TransportDescriptor(parsing: text[...], abiMajor: 1, abiMinor: 9)
        precondition(!descriptor.formatsIn.isEmpty && descriptor.formatsIn.count <= 16)
        precondition(!descriptor.formatsOut.isEmpty && descriptor.formatsOut.count <= 16)
        precondition((1...63).contains(descriptor.id.utf8.count))
        precondition(!descriptor.name.contains { $0.isNewline })
        check(descriptor.options)
    } catch {
        precondition(!error.description.isEmpty)
    }
    return 0
}

/// Whatever a schema allows, its own defaults are among it.
private func check(_ schema: OptionsSchema) {
    guard schema.required.isEmpty else { return }
    do throws(OptionsError) {
        let checked = try schema.validate(.object([:])).options.objectValue ?? [:]
        for property in schema.properties where property.fallback != nil {
            precondition(checked[property.name] == property.fallback)
        }
    } catch {
        preconditionFailure("no options at all are refused though none is required")
    }
}
