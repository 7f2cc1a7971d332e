import ControlProtocol
import JSON

/// What a client of the control socket sends, in pieces: the first byte says who it is and how long the
/// pieces are. Every answer is one line of JSON, and what is let through is what the table of methods says.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSONRPC(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let role: Role = start[0] & 1 == 0 ? .control : .monitor
    let pieceSize = 1 + Int(start[0] >> 1)
    var limits = ControlLimits()
    limits.lineSize = 512
    limits.largeLineSize = 1_024
    limits.nesting = 16
    var intake = RequestIntake(role: role, limits: limits, nowNs: 0)
    var lines = LineBuffer()
    var place = 1
    while place < count {
        let size = min(pieceSize, count - place)
        lines.append(UnsafeRawBufferPointer(start: start + place, count: size))
        place += size
        while let line = lines.next() {
            precondition(!line.contains(UInt8(ascii: "\n")))
            switch intake.take(line, inFlight: 0, limits: limits, nowNs: UInt64(place) << 24) {
            case .run(let method, let envelope):
                precondition(method.access == .read || role == .control)
                precondition(ControlMethod.named(envelope.method)?.name == method.name)
                precondition(line.count <= (method.isLarge ? 1_024 : 512))
                check(
                    ResponseLine.bytes(
                        id: envelope.id ?? .null, .success(.object(envelope.parameters))))
            case .refuse(let id, let error):
                check(ResponseLine.bytes(id: id ?? .null, .failure(error)))
            case .end(let error):
                check(ResponseLine.bytes(id: .null, .failure(error)))
                return 0
            }
        }
        if lines.pending > intake.longestLine(limits) { return 0 }
    }
    return 0
}

private func check(_ bytes: [UInt8]) {
    precondition(bytes.last == UInt8(ascii: "\n"))
    precondition(!bytes.dropLast().contains(UInt8(ascii: "\n")))
    guard let answer = try? JSONValue(parsing: bytes, maximumDepth: 80) else {
        preconditionFailure("an answer is JSON")
    }
    precondition(answer["jsonrpc"] == "2.0" && answer["id"] != nil)
    precondition((answer["result"] == nil) != (answer["error"] == nil))
}
