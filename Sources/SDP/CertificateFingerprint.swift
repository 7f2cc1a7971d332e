/// `a=fingerprint` (RFC 8122, section 5): the hash of the certificate that DTLS must show.
public struct CertificateFingerprint: Sendable, Hashable, CustomStringConvertible {
    /// In lower case: `sha-256`.
    public let algorithm: String
    public let bytes: [UInt8]

    public init(algorithm: String, bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Reads `sha-256 AB:CD:…`, in any case.
    public init?(_ text: String) {
        let fields = text[...].fields
        guard fields.count == 2 else { return nil }
        let algorithm = fields[0].lowercased()
        guard algorithm.isToken else { return nil }
        var bytes: [UInt8] = []
        let pairs = fields[1].utf8.split(
            separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for pair in pairs {
            let digits = Substring(pair)
            guard digits.utf8.count == 2, digits.utf8.first != UInt8(ascii: "+"),
                let byte = UInt8(digits, radix: 16)
            else { return nil }
            bytes.append(byte)
        }
        if let count = Self.byteCounts[algorithm], count != bytes.count { return nil }
        self.init(algorithm: algorithm, bytes: bytes)
    }

    private static var byteCounts: [String: Int] {
        ["sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64]
    }

    /// Whether it is one that we trust: sha-256 and longer.
    public var isStrong: Bool { ["sha-256", "sha-384", "sha-512"].contains(algorithm) }

    /// `sha-256 AB:CD:…`
    public var description: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if !text.isEmpty { text.append(UInt8(ascii: ":")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return "\(algorithm) \(String(decoding: text, as: UTF8.self))"
    }
}
