import ControlProtocol
import JSON

/// Looks at one client's lines and decides what becomes of each: the order of the checks is the order
/// of the cases in ``take(_:inFlight:limits:nowNs:)``.
struct RequestIntake {
    enum Verdict {
        case run(ControlMethod, RequestEnvelope)
        /// Answered with the error; the next line may be better.
        ///
        /// - Parameter id: nil for a request that wants no answer.
        case refuse(id: JSONValue?, ControlError)
        /// The stream makes no sense any more: answered with id null, and the end.
        case end(ControlError)
    }

    /// Bytes of a line that is looked at although it is refused.
    private static var shortLineSize: Int { 4_096 }

    private let role: Role
    private var bucket: TokenBucket

    init(role: Role, limits: ControlLimits, nowNs: UInt64) {
        self.role = role
        bucket = TokenBucket(
            burst: limits.requestBurst, perSecond: limits.requestsPerSecond, nowNs: nowNs)
    }

    /// Bytes that a line may have whatever its method: long ones are for methods that change something.
    func longestLine(_ limits: ControlLimits) -> Int {
        role == .control ? limits.largeLineSize : limits.lineSize
    }

    /// The end of a connection whose line is longer than `limit` bytes.
    ///
    /// - Parameter subject: what the limit holds for.
    static func tooLong(_ limit: Int, _ subject: String = "a line") -> ControlError {
        ControlError(
            .invalidRequest, "\(subject) may have at most \(limit) bytes", code: .limitExceeded)
    }

    /// - Parameter inFlight: requests of this client that wait for their answer.
    mutating func take(
        _ line: ArraySlice<UInt8>, inFlight: Int, limits: ControlLimits, nowNs: UInt64
    ) -> Verdict {
        guard line.count <= longestLine(limits) else {
            return .end(Self.tooLong(longestLine(limits)))
        }
        guard bucket.take(1 + line.count / limits.bytesPerRequest, nowNs: nowNs) else {
            let error = ControlError(
                .limitExceeded,
                "more than \(limits.requestsPerSecond) requests a second: slow down")
            return .refuse(id: Self.id(ofUnread: line, limits), error)
        }
        let request: JSONValue
        do throws(JSONError) {
            request = try JSONValue(parsing: line, maximumDepth: limits.nesting)
        } catch {
            let kind: ControlError.Kind
            if case .tooDeep = error { kind = .invalidRequest } else { kind = .parse }
            return .refuse(id: .null, ControlError(kind, "\(error)"))
        }
        let envelope: RequestEnvelope
        do throws(ControlError) {
            envelope = try RequestEnvelope(request)
        } catch {
            return .refuse(id: RequestEnvelope.id(of: request), error)
        }
        return decide(envelope, size: line.count, inFlight: inFlight, limits)
    }

    /// Worth a look where that costs next to nothing, so that the client knows which of its requests was
    /// refused.
    private static func id(ofUnread line: ArraySlice<UInt8>, _ limits: ControlLimits) -> JSONValue {
        guard line.count <= shortLineSize,
            let request = try? JSONValue(parsing: line, maximumDepth: limits.nesting)
        else { return .null }
        return RequestEnvelope.id(of: request)
    }

    /// Role first, then size, then parameters.
    private func decide(
        _ envelope: RequestEnvelope, size: Int, inFlight: Int, _ limits: ControlLimits
    ) -> Verdict {
        do throws(ControlError) {
            let method = try method(of: envelope)
            guard method.isLarge || size <= limits.lineSize else {
                return .end(Self.tooLong(limits.lineSize, "a line with \(method.name)"))
            }
            try ValueCheck.ofParameters.check(envelope.parameters, method.parameters)
            guard inFlight < limits.requestsInFlight else {
                throw ControlError(
                    .limitExceeded,
                    "\(inFlight) requests wait for their answers: wait for one of them")
            }
            return .run(method, envelope)
        } catch {
            return .refuse(id: envelope.id, error)
        }
    }

    private func method(of envelope: RequestEnvelope) throws(ControlError) -> ControlMethod {
        guard let method = ControlMethod.named(envelope.method) else {
            throw ControlError(
                .unknownMethod, "there is no method \(envelope.method); rpc.discover lists them")
        }
        guard method.access == .read || role == .control else {
            throw ControlError(
                .forbidden, "\(method.name) changes something: use control.sock, not monitor.sock")
        }
        return method
    }
}
