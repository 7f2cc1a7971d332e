import CParleyTransport
import JSON

extension FakeTransportHost {
    static func of(_ host: UnsafePointer<parley_host_t>?) -> FakeTransportHost {
        guard let data = host?.pointee.host_data else {
            preconditionFailure("the transport passed no host")
        }
        return Unmanaged<FakeTransportHost>.fromOpaque(data).takeUnretainedValue()
    }

    private static func text(_ text: UnsafePointer<CChar>?) -> String? {
        text.map { String(cString: $0) }
    }

    private static func json(_ text: UnsafePointer<CChar>?) -> JSONValue {
        guard let text = Self.text(text) else { return .null }
        return (try? JSONValue(parsing: text)) ?? .string("not JSON: \(text)")
    }

    func makeHost() -> parley_host_t {
        var host = parley_host_t()
        host.struct_size = UInt32(MemoryLayout<parley_host_t>.size)
        host.host_data = Unmanaged.passUnretained(self).toOpaque()
        host.on_status = { host, report in
            guard let report = report?.pointee else { return }
            FakeTransportHost.of(host).calls.append(
                .status(
                    report.status, retry: report.retry, afterMs: report.retry_after_ms,
                    code: FakeTransportHost.text(report.code),
                    reason: FakeTransportHost.text(report.reason)))
        }
        host.on_event = { host, type, json in
            FakeTransportHost.of(host).calls.append(
                .event(
                    type: FakeTransportHost.text(type) ?? "", FakeTransportHost.json(json)))
        }
        host.on_audio = { host, frame in
            guard let frame = frame?.pointee else { return -1 }
            let fake = FakeTransportHost.of(host)
            guard fake.audioResult == 0 else { return fake.audioResult }
            let bytes = UnsafeBufferPointer(start: frame.data, count: Int(frame.data_size))
            fake.calls.append(
                .audio(
                    HostFrame(
                        flags: frame.flags, codec: frame.format.codec,
                        rateHz: frame.format.rate_hz, samples: Int(frame.sample_count),
                        sequence: frame.sequence, timestamp: frame.timestamp,
                        generation: frame.generation,
                        itemID: FakeTransportHost.text(frame.item_id),
                        contentIndex: frame.content_index, bytes: Array(bytes), atNs: fake.nowNs)))
            return 0
        }
        host.on_format = { host, direction, format, frameMs in
            guard let format = format?.pointee else { return }
            FakeTransportHost.of(host).calls.append(
                .format(
                    direction: direction, codec: format.codec, rateHz: format.rate_hz,
                    frameMs: frameMs))
        }
        host.on_network = { host, loss, bitRate, frameMs in
            FakeTransportHost.of(host).calls.append(
                .network(loss: loss, bitRate: bitRate, frameMs: frameMs))
        }
        host.on_statistics = { host, json in
            FakeTransportHost.of(host).calls.append(.statistics(FakeTransportHost.json(json)))
        }
        host.on_incoming = { host, callID, json in
            FakeTransportHost.of(host).calls.append(
                .incoming(
                    callID: FakeTransportHost.text(callID) ?? "", FakeTransportHost.json(json)))
        }
        host.interrupt = { host, cause in
            FakeTransportHost.of(host).calls.append(.interrupt(cause: cause))
        }
        host.complete = { host, id, result, json in
            let data = json == nil ? nil : FakeTransportHost.json(json)
            FakeTransportHost.of(host).calls.append(
                .complete(command: id, CommandAnswer(result: result, data: data)))
        }
        host.request_secret = { host, name in
            FakeTransportHost.of(host).calls.append(
                .requestSecret(FakeTransportHost.text(name) ?? ""))
        }
        host.log = { host, level, text in
            FakeTransportHost.of(host).calls.append(
                .log(level: level, FakeTransportHost.text(text) ?? ""))
        }
        host.get_extension = { _, name in
            guard FakeTransportHost.text(name) == PARLEY_EXT_LOOP else { return nil }
            return UnsafeRawPointer(FakeTransportHost.loopExtension)
        }
        return host
    }
}
