/// Takes the messages of one direction of an HTTP/1.1 connection apart (RFC 9112). A value: it has no
/// socket and no clock.
///
/// ```
/// receive(_:) ─► head ─► body: none, by length, by chunks, until the end ─► next()
/// ```
public struct HTTPMessageReader: Sendable {
    public enum Kind: Sendable, Hashable {
        case requests
        /// The answers to one request of this method.
        case responses(method: String)
    }

    private enum Stage: Sendable {
        case head
        case length(HTTPHead, remaining: Int)
        case chunks(HTTPHead, ChunkedBody)
        case untilEnd(HTTPHead)
    }

    private let kind: Kind
    private let maximumBodyBytes: Int
    private var stage = Stage.head
    private var waiting: [UInt8] = []
    private var body: [UInt8] = []
    private var hasEnded = false
    /// An end is in order then: the answer was there.
    private var hasFinished = false

    public init(_ kind: Kind, maximumBodyBytes: Int = 1 << 20) {
        self.kind = kind
        self.maximumBodyBytes = maximumBodyBytes
    }

    /// Takes bytes from the connection; ``next()`` has the messages. Whoever feeds a peer that he does
    /// not trust calls it after each, so that no more than a message waits.
    public mutating func receive(_ bytes: UnsafeRawBufferPointer) { waiting += bytes }

    /// The connection gives no more bytes.
    public mutating func receiveEnd() { hasEnded = true }

    /// Whether a message has begun: then an end would cut it.
    public var isWithinMessage: Bool {
        if case .head = stage { return !waiting.isEmpty }
        return true
    }

    /// The next message once it is complete. Informational responses are passed over.
    ///
    /// - Throws: what is wrong; nothing more can be read from the connection then.
    public mutating func next() throws(HTTPFault) -> HTTPMessage? {
        while true {
            switch stage {
            case .head: guard try takeHead() else { return nil }
            case .length(let head, let remaining):
                let count = min(remaining, waiting.count)
                body += waiting[..<count]
                waiting.removeFirst(count)
                guard count == remaining else {
                    stage = .length(head, remaining: remaining - count)
                    return try orEnded()
                }
                return finish(head)
            case .chunks(let head, var chunks):
                let isComplete = try chunks.take(
                    &waiting, into: &body, maximumBytes: maximumBodyBytes)
                stage = .chunks(head, chunks)
                return isComplete ? finish(head) : try orEnded()
            case .untilEnd(let head):
                body += waiting
                waiting = []
                guard body.count <= maximumBodyBytes else {
                    throw .tooLong(limit: maximumBodyBytes)
                }
                return hasEnded ? finish(head) : nil
            }
        }
    }

    private func orEnded() throws(HTTPFault) -> HTTPMessage? {
        if hasEnded { throw .ended }
        return nil
    }

    private mutating func takeHead() throws(HTTPFault) -> Bool {
        if case .requests = kind {
            // An empty line before a request is to be passed over (RFC 9112, section 2.2).
            while waiting.starts(with: [13, 10]) { waiting.removeFirst(2) }
        }
        switch waiting.withUnsafeBytes({ HTTPHead.parse($0) }) {
        case .incomplete:
            if hasEnded, !waiting.isEmpty || (kind != .requests && !hasFinished) {
                throw .ended
            }
            return false
        case .malformed(let why): throw .malformed(why)
        case .complete(let head, let count):
            waiting.removeFirst(count)
            try begin(head)
            return true
        }
    }

    private mutating func begin(_ head: HTTPHead) throws(HTTPFault) {
        body = []
        switch kind {
        case .requests:
            guard head.start.count == 3, head.start[2].hasPrefix("HTTP/1."),
                HTTPHead.isToken(head.start[0])
            else { throw .malformed("its first line is none of a request") }
        case .responses(let method):
            guard let status = head.status else {
                throw .malformed("its first line is none of a response")
            }
            if status == 101 { throw .switched }
            if status < 200 { return }
            if method == "HEAD" || status == 204 || status == 304 {
                stage = .length(head, remaining: 0)
                return
            }
        }
        stage = try framing(head)
    }

    /// How long the body is (RFC 9112, section 6.3).
    private func framing(_ head: HTTPHead) throws(HTTPFault) -> Stage {
        let codings = head.values("transfer-encoding")
        let lengths = Set(head.values("content-length"))
        guard codings.isEmpty || lengths.isEmpty, lengths.count < 2 else {
            throw .malformed("it says twice how long its body is")
        }
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].lowercased() == "chunked" else {
                throw .malformed("its body has a coding that is not known")
            }
            return .chunks(head, ChunkedBody())
        }
        guard let text = lengths.first else {
            return kind == .requests ? .length(head, remaining: 0) : .untilEnd(head)
        }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let length = Int(text) else {
            throw .malformed("its Content-Length is no number")
        }
        guard length <= maximumBodyBytes else { throw .tooLong(limit: maximumBodyBytes) }
        return .length(head, remaining: length)
    }

    private mutating func finish(_ head: HTTPHead) -> HTTPMessage {
        var keeps = !head.has("close", in: "connection")
        if case .untilEnd = stage { keeps = false }
        let isOld = head.start[0] == "HTTP/1.0" || head.start.last == "HTTP/1.0"
        if isOld, !head.has("keep-alive", in: "connection") { keeps = false }
        stage = .head
        hasFinished = true
        let message = HTTPMessage(head: head, body: body, keepsConnection: keeps)
        body = []
        return message
    }
}
