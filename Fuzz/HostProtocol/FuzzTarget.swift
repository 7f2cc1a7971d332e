/// What a host sends, packet by packet, each after its length in two bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHostProtocol(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: start, count: count)
    var assembler = MessageAssembler()
    var offset = 0
    while offset + 2 <= input.count {
        let wanted = Int(input[offset]) | Int(input[offset + 1]) << 8
        let length = min(wanted, input.count - offset - 2)
        // Memory of its own, so that a read beyond the packet is noticed.
        let packet = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 8)
        defer { packet.deallocate() }
        packet.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: input[(offset + 2)..<(offset + 2 + length)]))
        guard receive(UnsafeRawBufferPointer(packet), &assembler) else { return 0 }
        offset += 2 + length
    }
    return 0
}

private func check(line: String) {
    precondition(line.utf8.count <= 4096, "what people read has a limit")
    precondition(!line.contains { $0.isNewline }, "a line of the log is one line")
    precondition(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f })
}

/// - Returns: false when the host would be killed.
private func receive(_ packet: UnsafeRawBufferPointer, _ assembler: inout MessageAssembler) -> Bool
{
    do throws(HostProtocolError) {
        let header = try WireHeader(packet)
        let part = UnsafeRawBufferPointer(rebasing: packet[WireHeader.size...])
        guard let body = try assembler.take(header, part) else { return true }
        switch try HostMessage(header, body) {
        case .hello(let major, let minor, let text):
            _ = try? TransportDescriptor(parsing: text, abiMajor: major, abiMinor: minor)
        case .event(_, _, .status(.disconnected(_, let code, let reason))):
            precondition(code.unicodeScalars.count <= 64)
            check(line: reason)
        case .refused(let line), .log(_, let line), .unusable(_, let line),
            .event(_, _, .log(_, let line)):
            check(line: line)
        default: break
        }
        return true
    } catch {
        precondition(!error.description.isEmpty)
        return false
    }
}
