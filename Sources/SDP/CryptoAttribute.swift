/// How SRTP whose keys stand in the description is protected (RFC 4568, section 6.2; RFC 7714, 14.2).
public enum CryptoSuite: String, Sendable, Hashable, CaseIterable {
    case aesGCM256 = "AEAD_AES_256_GCM"
    case aesGCM128 = "AEAD_AES_128_GCM"
    case aesCM128HMACSHA1Tag80 = "AES_CM_128_HMAC_SHA1_80"
    case aesCM128HMACSHA1Tag32 = "AES_CM_128_HMAC_SHA1_32"

    /// Of master key and salt together.
    public var keyBytes: Int {
        switch self {
        case .aesGCM256: 44
        case .aesGCM128: 28
        case .aesCM128HMACSHA1Tag80, .aesCM128HMACSHA1Tag32: 30
        }
    }
}

/// `a=crypto` with one inline key (RFC 4568, section 9.1). Its text has the key: not for logs.
public struct CryptoAttribute: Sendable, Hashable, CustomStringConvertible {
    public var tag: UInt32
    public var suite: CryptoSuite
    /// Master key, then salt: ``CryptoSuite/keyBytes`` of them.
    public var key: [UInt8]
    /// As given: a count of packets, or `2^n`.
    public var lifetime: String?

    /// - Precondition: the key is as long as the suite wants.
    public init(tag: UInt32, suite: CryptoSuite, key: [UInt8], lifetime: String? = nil) {
        precondition(key.count == suite.keyBytes, "a key of \(key.count) bytes for \(suite)")
        self.tag = tag
        self.suite = suite
        self.key = key
        self.lifetime = lifetime
    }

    /// - Returns: nil for what is malformed or not supported: another suite, several keys, a master key
    ///   identifier, or parameters that change the protection. Such lines are passed over.
    init?(_ text: Substring) {
        let fields = text.fields
        guard fields.count == 3, let tag = fields[0].number(UInt32.self), tag < 1_000_000_000,
            let suite = CryptoSuite(rawValue: String(fields[1])),
            fields[2].lowercased().hasPrefix("inline:")
        else { return nil }
        let parts = fields[2].dropFirst(7).utf8.split(
            separator: UInt8(ascii: "|"), omittingEmptySubsequences: false
        ).map(Substring.init)
        guard (1...2).contains(parts.count), let key = Base64.decode(parts[0]),
            key.count == suite.keyBytes
        else { return nil }
        let lifetime = parts.count > 1 ? String(parts[1]) : nil
        if let lifetime, lifetime.isEmpty || lifetime.utf8.contains(UInt8(ascii: ":")) {
            return nil
        }
        self.init(tag: tag, suite: suite, key: key, lifetime: lifetime)
    }

    /// As the line has it, key included.
    var text: String {
        "\(tag) \(suite.rawValue) inline:\(Base64.encode(key))" + (lifetime.map { "|\($0)" } ?? "")
    }

    /// Without the key.
    public var description: String { "\(tag) \(suite.rawValue)" }
}
