import CParleyWire

/// Puts the parts of long messages together, within bounds.
struct MessageAssembler {
    private struct Key: Hashable {
        let kind: UInt16
        let session: UInt32
        let id: UInt32
    }

    /// Messages under way at once. A plugin with that many threads in the middle of sending a long
    /// event is not honest.
    static let partialsMax = 16
    /// Bytes under way, all messages together.
    static let bytesMax = 2 * Int(PARLEY_WIRE_BODY_MAX)

    private var partials: [Key: [UInt8]] = [:]
    private var bytes = 0

    /// Takes a packet's header and body. Answers the whole body once its last part is there.
    mutating func take(
        _ header: WireHeader, _ part: UnsafeRawBufferPointer
    ) throws(HostProtocolError) -> [UInt8]? {
        let key = Key(kind: header.kind, session: header.session, id: header.id)
        guard header.hasMore || partials[key] != nil else { return [UInt8](part) }
        var body = partials.removeValue(forKey: key) ?? []
        guard body.count + part.count <= Int(PARLEY_WIRE_BODY_MAX) else { throw .bodyTooLong }
        body.append(contentsOf: part)
        guard header.hasMore else {
            bytes -= body.count - part.count
            return body
        }
        bytes += part.count
        partials[key] = body
        guard partials.count <= Self.partialsMax, bytes <= Self.bytesMax else {
            throw .tooManyParts
        }
        return nil
    }
}
