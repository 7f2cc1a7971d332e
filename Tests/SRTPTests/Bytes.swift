/// The bytes of hexadecimal text.
func bytes(_ hex: String) -> [UInt8] {
    var digits = hex.filter { $0 != " " }[...]
    var bytes: [UInt8] = []
    while let byte = UInt8(digits.prefix(2), radix: 16) {
        bytes.append(byte)
        digits = digits.dropFirst(2)
    }
    return bytes
}
