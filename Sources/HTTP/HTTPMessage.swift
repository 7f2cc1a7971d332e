/// A request or a response as it came.
public struct HTTPMessage: Sendable, Hashable {
    public let head: HTTPHead
    public let body: [UInt8]
    /// Whether another message may follow on the connection.
    public let keepsConnection: Bool

    public init(head: HTTPHead, body: [UInt8], keepsConnection: Bool) {
        self.head = head
        self.body = body
        self.keepsConnection = keepsConnection
    }

    /// Of a response; 0 for a request.
    public var status: Int { head.status ?? 0 }

    /// The media type in lower case, without parameters; empty when there is none.
    public var mediaType: String {
        let value = head["content-type"] ?? ""
        return value.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
    }
}

/// A request to send.
public struct HTTPRequest: Sendable {
    public var method: String
    public var url: HTTPURL
    public var headers: [(name: String, value: String)]
    /// The value of `Authorization`; kept apart, for no other origin than the URL's may see it.
    public var authorization: String?
    /// Nil for a request that has none by nature; empty says `Content-Length: 0`.
    public var body: [UInt8]?

    public init(
        _ method: String, _ url: HTTPURL, headers: [(name: String, value: String)] = [],
        authorization: String? = nil, body: [UInt8]? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.authorization = authorization
        self.body = body
    }

    /// What goes on the wire. The connection is used for this one alone.
    ///
    /// - Throws: ``HTTPFault/invalidHeader(_:)``.
    public func serialized() throws(HTTPFault) -> [UInt8] {
        guard HTTPHead.isToken(method) else { throw .invalidHeader("method") }
        var all = [("Host", url.hostHeader)]
        if let authorization { all.append(("Authorization", authorization)) }
        all += headers
        if let body { all.append(("Content-Length", "\(body.count)")) }
        all.append(("Connection", "close"))
        return try HTTPHead.serialized("\(method) \(url.target) HTTP/1.1", all) + (body ?? [])
    }
}

/// A response to send.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var reason: String
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        _ status: Int, _ reason: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
    }

    /// What goes on the wire.
    ///
    /// - Parameter keepsConnection: false says that the connection ends behind it.
    /// - Throws: ``HTTPFault/invalidHeader(_:)``.
    public func serialized(keepsConnection: Bool) throws(HTTPFault) -> [UInt8] {
        var all = headers
        // RFC 9110, section 8.6.
        let hasLength = status >= 200 && status != 204 && status != 304
        if hasLength { all.append(("Content-Length", "\(body.count)")) }
        if !keepsConnection { all.append(("Connection", "close")) }
        return try HTTPHead.serialized("HTTP/1.1 \(status) \(reason)", all)
            + (hasLength ? body : [])
    }
}

extension HTTPHead {
    static func serialized(
        _ start: String, _ headers: [(name: String, value: String)]
    ) throws(HTTPFault) -> [UInt8] {
        var bytes = Array("\(start)\r\n".utf8)
        for (name, value) in headers {
            let isClean = value.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
            guard isToken(name), isClean else { throw .invalidHeader(name) }
            bytes += "\(name): \(value)\r\n".utf8
        }
        return bytes + [13, 10]
    }
}
