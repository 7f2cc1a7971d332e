/// Bytes of a peer as a server and as a client read them, in pieces whose lengths the first byte says, and
/// what the headers lead to: links and other URLs.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTP(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 1 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: start + 1, count: count - 1)
    let step = Int(start[0] % 64) + 1
    read(.requests, bytes, step)
    read(.responses(method: "POST"), bytes, step)
    read(.responses(method: "HEAD"), bytes, step)
    return 0
}

private func read(_ kind: HTTPMessageReader.Kind, _ bytes: UnsafeRawBufferPointer, _ step: Int) {
    var pieces = HTTPMessageReader(kind, maximumBodyBytes: 512)
    var whole = HTTPMessageReader(kind, maximumBodyBytes: 512)
    var one: [HTTPMessage] = []
    var other: [HTTPMessage] = []
    var offset = 0
    do throws(HTTPFault) {
        while offset < bytes.count {
            let end = min(offset + step, bytes.count)
            pieces.receive(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
            offset = end
            while let message = try pieces.next() { one.append(message) }
        }
        pieces.receiveEnd()
        while let message = try pieces.next() { one.append(message) }
    } catch {}
    do throws(HTTPFault) {
        whole.receive(bytes)
        whole.receiveEnd()
        while let message = try whole.next() { other.append(message) }
    } catch {}
    precondition(one == other, "how the bytes came in pieces changes nothing")
    for message in one {
        precondition(message.body.count <= 512)
        _ = LinkHeader.links(of: message.head)
        guard let url = try? HTTPURL("https://example.org/a/b?c") else { continue }
        for place in message.head.values("location") { _ = try? url.resolving(place) }
    }
}
