import CParleyWire
import JSON

/// A message from a host, checked.
enum HostMessage {
    case hello(abiMajor: UInt32, abiMinor: UInt32, descriptor: ArraySlice<UInt8>)
    case refused(String)
    case pong(UInt32)
    case created(session: UInt32, isDone: Bool)
    case destroyed(session: UInt32)
    case event(session: UInt32, audioPosition: UInt64, TransportEvent)
    /// A log line of the host itself.
    case log(TransportLogLevel, String)
    /// Something of the plugin that has the wrong shape: it is dropped and logged, nothing worse.
    case unusable(session: UInt32, why: String)

    init(_ header: WireHeader, _ body: [UInt8]) throws(HostProtocolError) {
        var reader = WireReader(body[...])
        switch Int(header.kind) {
        case PARLEY_WIRE_HELLO:
            let version = try reader.integer()
            guard version == PARLEY_WIRE_VERSION else {
                throw .unknownVersion(UInt16(clamping: version))
            }
            let major = try reader.integer()
            let minor = try reader.integer()
            _ = try reader.integer()  // its process number; the launcher knows better
            self = .hello(abiMajor: major, abiMinor: minor, descriptor: try reader.stringBytes())
        case PARLEY_WIRE_REFUSED:
            self = .refused(Self.line(reader.text()))
        case PARLEY_WIRE_PONG:
            self = .pong(header.id)
        case PARLEY_WIRE_CREATED:
            self = .created(
                session: header.session, isDone: Int32(bitPattern: try reader.integer()) >= 0)
        case PARLEY_WIRE_DESTROYED:
            self = .destroyed(session: header.session)
        case PARLEY_WIRE_LOG:
            let rawLevel = try reader.integer()
            let level = TransportLogLevel(rawValue: rawLevel) ?? .info
            let text = Self.line(reader.text())
            self =
                header.session == 0
                ? .log(level, text)
                : .event(
                    session: header.session, audioPosition: header.audioPosition, .log(level, text))
        default:
            do throws(Fault) {
                let event = try Self.event(header, &reader)
                self = .event(
                    session: header.session, audioPosition: header.audioPosition, event)
            } catch {
                switch error {
                case .violation(let violation): throw violation
                case .unusable(let why):
                    self = .unusable(session: header.session, why: Self.line(why))
                }
                return
            }
        }
        try reader.end()
    }

    /// Bytes of statistics, which are kept.
    private static let statisticsMax = 65_536
    /// Bytes of a line for people.
    static let lineMax = 4_096

    private enum Fault: Error {
        case violation(HostProtocolError)
        case unusable(String)
    }

    private static func event(
        _ header: WireHeader, _ reader: inout WireReader
    ) throws(Fault) -> TransportEvent {
        do {
            switch Int(header.kind) {
            case PARLEY_WIRE_STATUS: return .status(try status(&reader))
            case PARLEY_WIRE_EVENT:
                let type = try name(&reader, "event type")
                return .event(type: type, data: try object(&reader, "event \(type)"))
            case PARLEY_WIRE_FORMAT: return try format(&reader)
            case PARLEY_WIRE_NETWORK:
                return .network(
                    lossPercent: min(try reader.integer(), 100), bitrateBps: try reader.integer(),
                    ptimeMs: try reader.integer())
            case PARLEY_WIRE_STATISTICS:
                let bytes = try reader.stringBytes()
                guard bytes.count <= statisticsMax else {
                    throw Fault.unusable("statistics: over \(statisticsMax) bytes")
                }
                return .statistics(try json(bytes, "statistics"))
            case PARLEY_WIRE_INCOMING:
                let callID = try reader.string()
                guard (1...1024).contains(callID.utf8.count) else {
                    throw Fault.unusable("call id")
                }
                return .incoming(callID: callID, data: try object(&reader, "call"))
            case PARLEY_WIRE_INTERRUPT:
                guard let cause = TransportCause(rawValue: try reader.integer()) else {
                    throw Fault.unusable("cause of an interruption")
                }
                return .interrupt(cause)
            case PARLEY_WIRE_COMPLETE:
                let result = TransportResult(raw: Int32(bitPattern: try reader.integer()))
                let bytes = try reader.stringBytes()
                // Spelled out: a bare nil would be the JSON value null here.
                let data: JSONValue? =
                    bytes.isEmpty ? .none : .some(try json(bytes, "result of a command"))
                return .complete(command: header.id, result, data: data)
            case PARLEY_WIRE_REQUEST_SECRET:
                return .secretRequested(name: try name(&reader, "name of a secret"))
            case PARLEY_WIRE_BARRIER_PASSED: return .barrierPassed(sequence: header.id)
            default: throw HostProtocolError.unknownKind(header.kind)
            }
        } catch let error as HostProtocolError {
            // A text that is no UTF-8 is the plugin's doing; the rest is not possible in a sane host.
            throw error == .notUTF8 ? .unusable("text: it is not UTF-8") : .violation(error)
        } catch let fault as Fault {
            throw fault
        } catch {
            preconditionFailure("no other error is thrown above: \(error)")
        }
    }

    private static func status(_ reader: inout WireReader) throws -> TransportStatus {
        let status = try reader.integer()
        let retry = try reader.integer()
        let afterMs = try reader.integer()
        let listens = try reader.integer() != 0
        let code = String(try reader.string().unicodeScalars.prefix(64))
        let reason = line(try reader.string())
        switch Int(status) {
        case PARLEY_CONNECTING: return .connecting
        case PARLEY_CONNECTED: return listens ? .listening : .connected
        case PARLEY_DISCONNECTING: return .disconnecting
        case PARLEY_DISCONNECTED: break
        default: throw Fault.unusable("status \(status)")
        }
        switch Int(retry) {
        case PARLEY_RETRY_NOW: return .disconnected(.now, code: code, reason: reason)
        case PARLEY_RETRY_LATER:
            return .disconnected(.later(afterMs: afterMs), code: code, reason: reason)
        case PARLEY_RETRY_NEVER: return .disconnected(.never, code: code, reason: reason)
        case PARLEY_RETRY_ENDED: return .disconnected(.ended, code: code, reason: reason)
        default: throw Fault.unusable("retry class \(retry)")
        }
    }

    private static func format(_ reader: inout WireReader) throws -> TransportEvent {
        let direction = try reader.integer()
        let codec = try reader.integer()
        let rateHz = try reader.integer()
        let ptimeMs = try reader.integer()
        guard let direction = TransportDirection(rawValue: direction),
            let format = TransportFormat(rawCodec: codec, rateHz: rateHz), ptimeMs <= 120
        else { throw Fault.unusable("format") }
        return .format(direction, format, ptimeMs: ptimeMs)
    }

    /// A short word: an event type, the name of a secret.
    private static func name(_ reader: inout WireReader, _ what: String) throws -> String {
        let name = try reader.string()
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(name.utf8.count) else { throw Fault.unusable(what) }
        return name
    }

    private static func object(_ reader: inout WireReader, _ what: String) throws -> JSONValue {
        try json(try reader.stringBytes(), what)
    }

    private static func json(_ bytes: ArraySlice<UInt8>, _ what: String) throws -> JSONValue {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw Fault.unusable("\(what): \(error)")
        }
        guard case .object = value else { throw Fault.unusable("\(what): it is no JSON object") }
        return value
    }

    /// Text of a plugin as one line: control characters, which could paint a terminal, and line ends become
    /// spaces.
    static func line(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            let isControl =
                scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
                || (0x2028...0x2029).contains(scalar.value)
            let kept = isControl ? " " : scalar
            bytes += UTF8.width(kept)
            guard bytes <= lineMax else { break }
            line.append(kept)
        }
        return String(line)
    }
}
