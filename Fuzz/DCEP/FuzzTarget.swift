/// A message on the stream of a data channel before it is open.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDCEP(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Memory of its own, so that a read beyond the message is noticed.
    let message = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
    defer { message.deallocate() }
    message.copyMemory(from: UnsafeRawBufferPointer(start: start, count: count))
    guard let read = try? DCEP(UnsafeRawBufferPointer(message)) else { return 0 }
    let again = read.bytes.withUnsafeBytes { try? DCEP($0) }
    precondition(again == read, "what we write we can read")
    return 0
}
