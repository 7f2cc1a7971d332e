import CParleyTransport
import Glibc

extension TransportDescriptor {
    /// The descriptor of the C interface, in memory that is never freed.
    func makeStatic() -> UnsafePointer<parley_transport_descriptor_t> {
        var raw = parley_transport_descriptor_t()
        raw.struct_size = UInt32(MemoryLayout<parley_transport_descriptor_t>.size)
        raw.max_session_s = maxSessionSeconds
        raw.capabilities = capabilities.rawValue
        raw.id = Self.staticText(id)
        raw.name = Self.staticText(name)
        raw.version = Self.staticText(version)
        raw.vendor = vendor.map(Self.staticText)
        raw.description = description.map(Self.staticText)
        raw.options_schema = options.map { Self.staticText($0.document.serialized()) }
        raw.formats_in = Self.staticFormats(formatsIn)
        raw.formats_in_count = UInt32(formatsIn.count)
        raw.formats_out = Self.staticFormats(formatsOut)
        raw.formats_out_count = UInt32(formatsOut.count)
        let place = UnsafeMutablePointer<parley_transport_descriptor_t>.allocate(capacity: 1)
        place.initialize(to: raw)
        return UnsafePointer(place)
    }

    private static func staticText(_ text: String) -> UnsafePointer<CChar> {
        guard let copy = strdup(text) else { preconditionFailure("out of memory") }
        return UnsafePointer(copy)
    }

    private static func staticFormats(_ formats: [AudioFormat]) -> UnsafePointer<parley_format_t> {
        let place = UnsafeMutablePointer<parley_format_t>.allocate(capacity: max(1, formats.count))
        for (index, format) in formats.enumerated() {
            (place + index).initialize(to: format.raw)
        }
        return UnsafePointer(place)
    }
}
