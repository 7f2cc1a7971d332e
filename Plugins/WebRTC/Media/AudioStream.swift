import Glibc
import ParleyTransport
import RTP

/// The media of a call, both ways: frames of the daemon to packets and back, reports, telephone keys,
/// statistics. It has no socket: what leaves goes to `output`, which encrypts where that is agreed on.
@TransportActor
final class AudioStream {
    struct Settings {
        /// What we send.
        var sending: AudioMapping
        /// What may come, by payload type.
        var receiving: [UInt8: AudioMapping]
        var telephoneEvent: TelephoneEventMapping?
        /// Names us to the peer across restarts (RFC 3550, section 6.5.1); tells nothing of the machine.
        var canonicalName: String
        /// The header extension of transport-wide feedback, where it was agreed on.
        var transportSequenceID: UInt8?
        /// As the description announced us; else a random one.
        var ssrc: UInt32?
        /// Whether the peer wants to hear us.
        var sends = true
    }

    /// Enough randomness that no two are the same (RFC 7022, section 4.2).
    nonisolated static func randomName() -> String {
        String(UInt64.random(in: 0...UInt64.max), radix: 36)
            + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    }

    enum Packet { case rtp, rtcp }

    private struct WaitingFrame {
        var payload: [UInt8]
        var timestamp: UInt64
        var marker: Bool
        var dueNs: UInt64
    }

    /// Frames that may wait: more than the daemon takes ahead of time.
    private static var waitingLimit: Int { 50 }

    /// Largest packet that is sent: fits every path with IP, UDP and SRTP around it.
    private static var mtu: Int { 1_400 }
    private static var statisticsNs: UInt64 { 1_000_000_000 }

    private let settings: Settings
    private let host: TransportHost
    private let output: @TransportActor (Packet, UnsafeRawBufferPointer) -> Void
    private var sender: RTPSender
    private var receiver: RTPReceiver
    /// What came last.
    private var incoming: AudioMapping
    private var schedule: RTCPSchedule
    private var feedback = TransportFeedback()
    private var pacer: Pacer
    /// Frames that are not due yet, oldest first.
    private var waiting: [WaitingFrame] = []
    private var keys: TelephoneEventSender?
    private var keysHeard = TelephoneEventReceiver()
    /// Where the daemon's timestamps are, for events between its frames, and before the first.
    private var newest: (timestamp: UInt64, atNs: UInt64)
    private var keyTimestamp: UInt64 = 0
    private var hasSent = false
    private var statisticsDueNs: UInt64
    private(set) var counters = StreamCounters()
    /// When the peer was last heard; nil before.
    private(set) var lastHeardNs: UInt64?
    /// The peer said goodbye.
    private(set) var hasEnded = false
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_500, alignment: 16)
    private let samples = UnsafeMutableRawBufferPointer.allocate(byteCount: 1_500, alignment: 16)

    isolated deinit {
        room.deallocate()
        samples.deallocate()
    }

    /// - Parameter output: valid within the call only.
    init(
        _ settings: Settings, host: TransportHost, nowNs: UInt64,
        output: @escaping @TransportActor (Packet, UnsafeRawBufferPointer) -> Void
    ) {
        self.settings = settings
        self.host = host
        self.output = output
        newest = (timestamp: 0, atNs: nowNs)
        var random = SystemRandomNumberGenerator()
        let rateHz = settings.sending.rateHz
        sender = RTPSender(rateHz: rateHz, ssrc: settings.ssrc, random: &random)
        receiver = RTPReceiver(rateHz: rateHz)
        incoming = settings.sending
        pacer = Pacer(rateHz: rateHz)
        schedule = RTCPSchedule(nowNs: nowNs, random: random)
        keys = settings.telephoneEvent.map { TelephoneEventSender(rateHz: $0.rateHz) }
        statisticsDueNs = nowNs + Self.statisticsNs
    }

    // MARK: To the peer

    /// A frame of the microphone. To be followed by a look at ``nextDueNs``.
    func send(_ frame: borrowing AudioFrame, nowNs: UInt64) {
        let header = frame.header
        guard settings.sends, header.format == settings.sending.format else { return }
        let dueNs = pacer.due(timestamp: header.timestamp, nowNs: nowNs)
        frame.bytes.withUnsafeBytes { bytes in
            guard bytes.count + RTPSender.headerBytes <= Self.mtu else {
                counters.packetsTooLong += 1
                return
            }
            let marker = header.flags.contains(.marker)
            if dueNs <= nowNs, waiting.isEmpty {
                speak(bytes, timestamp: header.timestamp, marker: marker, nowNs: nowNs)
            } else if waiting.count < Self.waitingLimit {
                waiting.append(
                    WaitingFrame(
                        payload: Array(bytes), timestamp: header.timestamp, marker: marker,
                        dueNs: dueNs))
            } else {
                counters.framesDropped += 1
            }
        }
    }

    /// The mute barrier: nothing that ``send(_:nowNs:)`` was given before goes out.
    func dropWaiting() { waiting.removeAll(keepingCapacity: true) }

    private func speakWaiting(nowNs: UInt64) {
        while let frame = waiting.first, frame.dueNs <= nowNs {
            waiting.removeFirst()
            frame.payload.withUnsafeBytes {
                speak($0, timestamp: frame.timestamp, marker: frame.marker, nowNs: nowNs)
            }
        }
    }

    private func speak(
        _ payload: UnsafeRawBufferPointer, timestamp: UInt64, marker: Bool, nowNs: UInt64
    ) {
        newest = (timestamp, nowNs)
        // A key that sounds takes the place of speech.
        if keys?.isSounding == true { return }
        put(
            payload, payloadType: settings.sending.payloadType, timestamp: timestamp,
            marker: marker || !hasSent, swaps: settings.sending.isL16, nowNs: nowNs)
        hasSent = true
    }

    private func put(
        _ payload: UnsafeRawBufferPointer, payloadType: UInt8, timestamp: UInt64, marker: Bool,
        swaps: Bool, nowNs: UInt64
    ) {
        let start = RTPSender.headerBytes
        sender.writeHeader(
            into: room, payloadType: payloadType, timestamp: timestamp, marker: marker,
            payloadBytes: payload.count, nowNs: nowNs)
        let place = UnsafeMutableRawBufferPointer(
            rebasing: room[start..<(start + payload.count)])
        if swaps { swapBytes(payload, into: place) } else { place.copyMemory(from: payload) }
        output(.rtp, UnsafeRawBufferPointer(rebasing: room[..<(start + payload.count)]))
    }

    private func swapBytes(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) {
        for place in stride(from: 0, to: source.count - 1, by: 2) {
            target[place] = source[place + 1]
            target[place + 1] = source[place]
        }
    }

    // MARK: From the peer

    /// - Parameter bytes: decrypted.
    func receiveRTP(_ bytes: UnsafeRawBufferPointer, nowNs: UInt64) {
        let packet: RTPPacket
        do throws(RTPFault) {
            packet = try RTPPacket(bytes)
        } catch {
            counters.packetsMalformed += 1
            return
        }
        if let id = settings.transportSequenceID, let element = packet.extensions[id],
            element.count == 2
        {
            let number = UInt16(element[0]) << 8 | UInt16(element[1])
            feedback.received(number, ssrc: packet.ssrc, nowNs: nowNs)
        }
        if packet.payloadType == settings.telephoneEvent?.receivePayloadType {
            lastHeardNs = nowNs
            if let key = keysHeard.receive(timestamp: packet.timestamp, payload: packet.payload) {
                host.event(.dtmf(digits: String(key)))
            }
            // It has its place among the numbers, but no sound.
            _ = receiver.receive(packet, nowNs: nowNs)
            return
        }
        guard let mapping = settings.receiving[packet.payloadType],
            let count = sampleCount(packet, mapping)
        else {
            counters.packetsOfOtherTypes += 1
            return
        }
        guard let reception = receiver.receive(packet, nowNs: nowNs) else {
            counters.packetsOfStrangers += 1
            return
        }
        lastHeardNs = nowNs
        if mapping != incoming { change(to: mapping) }
        give(packet, count, reception)
    }

    /// The peer speaks another of the codecs that were agreed on.
    private func change(to mapping: AudioMapping) {
        if mapping.rateHz != incoming.rateHz {
            // Other timestamps, so other statistics.
            receiver = RTPReceiver(rateHz: mapping.rateHz, ssrc: receiver.ssrc)
        }
        incoming = mapping
        host.format(.fromPeer, mapping.format)
    }

    private func give(_ packet: RTPPacket, _ sampleCount: Int, _ reception: RTPReceiver.Reception) {
        var flags: AudioHeader.Flags = .packet
        if packet.marker { flags.insert(.marker) }
        if reception.isNewSource { flags.insert(.discontinuity) }
        let header = AudioHeader(
            format: incoming.format, flags: flags, sampleCount: sampleCount,
            sequence: UInt32(UInt16(truncatingIfNeeded: reception.sequence)),
            timestamp: UInt64(reception.timestamp))
        let result: TransportHost.AudioResult
        if incoming.isL16 {
            let target = UnsafeMutableRawBufferPointer(rebasing: samples[..<packet.payload.count])
            swapBytes(packet.payload, into: target)
            result = host.audio(header, UnsafeRawBufferPointer(target).bytes)
        } else {
            result = host.audio(header, packet.payload.bytes)
        }
        if result == .full || result == .invalid { counters.packetsDiscarded += 1 }
    }

    /// nil for a payload that makes no sense.
    private func sampleCount(_ packet: RTPPacket, _ mapping: AudioMapping) -> Int? {
        let bytes = packet.payload
        guard !bytes.isEmpty, bytes.count <= samples.count else { return nil }
        guard let size = mapping.format.bytesPerSample else {
            return OpusPacket.sampleCount(bytes)
        }
        return bytes.count % size == 0 ? bytes.count / size : nil
    }

    /// - Parameter bytes: decrypted.
    func receiveRTCP(_ bytes: UnsafeRawBufferPointer, nowNs: UInt64) {
        let packets: [RTCPPacket]
        do throws(RTPFault) {
            packets = try RTCPReader.read(bytes)
        } catch {
            counters.packetsMalformed += 1
            return
        }
        lastHeardNs = nowNs
        for packet in packets {
            switch packet {
            case .senderReport(let ssrc, let report, let blocks):
                receiver.received(report, from: ssrc, nowNs: nowNs)
                note(blocks)
            case .receiverReport(_, let blocks): note(blocks)
            case .goodbye(let sources):
                if sources.isEmpty || receiver.ssrc.map(sources.contains) ?? true {
                    hasEnded = true
                }
            case .nack(_, let missing): counters.nackCount += missing.isEmpty ? 0 : 1
            case .sourceDescription, .transportFeedback, .other: break
            }
        }
    }

    private func note(_ blocks: [ReportBlock]) {
        for block in blocks where block.ssrc == sender.ssrc {
            sender.received(block, unixNs: Self.unixNs)
            host.network(lossPercent: (Int(block.fractionLost) * 100 + 128) / 256)
        }
    }

    // MARK: Keys

    func sendKeys(_ digits: String, nowNs: UInt64) throws(TransportError) {
        guard keys != nil else {
            throw TransportError(
                .notSupported, "telephone-event was not agreed on, so no keys can be sent")
        }
        guard keys?.enqueue(digits, nowNs: nowNs) == true else {
            throw TransportError(
                .invalid,
                "keys are 0 to 9, A to D, * and #, comma and space are pauses; at most "
                    + "\(TelephoneEventSender.capacity) wait")
        }
    }

    private func advanceKeys(nowNs: UInt64) {
        guard let mapping = settings.telephoneEvent else { return }
        while let packet = keys?.next(nowNs: nowNs) {
            if packet.isFirst { keyTimestamp = timestamp(atNs: nowNs) }
            packet.payload.withUnsafeBytes {
                put(
                    $0, payloadType: mapping.sendPayloadType, timestamp: keyTimestamp,
                    marker: packet.isFirst, swaps: false, nowNs: nowNs)
            }
        }
    }

    /// Where the microphone's clock is between its frames.
    private func timestamp(atNs nowNs: UInt64) -> UInt64 {
        let since = nowNs - min(nowNs, newest.atNs)
        return newest.timestamp + since / 1_000 * UInt64(settings.sending.rateHz) / 1_000_000
    }

    // MARK: Time

    /// When ``advance(nowNs:)`` has something to do.
    var nextDueNs: UInt64 {
        let dues = [
            schedule.nextDueNs, waiting.first?.dueNs, keys?.nextDueNs, feedback.nextDueNs,
        ]
        return dues.compactMap { $0 }.reduce(statisticsDueNs, min)
    }

    func advance(nowNs: UInt64) {
        speakWaiting(nowNs: nowNs)
        advanceKeys(nowNs: nowNs)
        if schedule.isDue(nowNs: nowNs) { sendReport(nowNs: nowNs, isLast: false) }
        if let due = feedback.nextDueNs, nowNs >= due,
            let bytes = feedback.take(sender: sender.ssrc)
        {
            bytes.withUnsafeBytes { output(.rtcp, $0) }
        }
        if nowNs >= statisticsDueNs {
            statisticsDueNs = nowNs + Self.statisticsNs
            host.statistics(statistics)
        }
    }

    /// Tells the peer that we leave.
    func sayGoodbye(nowNs: UInt64) { sendReport(nowNs: nowNs, isLast: true) }

    private func sendReport(nowNs: UInt64, isLast: Bool) {
        var writer = RTCPWriter()
        let block = receiver.report(nowNs: nowNs)
        writer.report(
            sender.ssrc, sender.report(nowNs: nowNs, unixNs: Self.unixNs), block.map { [$0] } ?? [])
        writer.sourceDescription(sender.ssrc, name: settings.canonicalName)
        if isLast { writer.goodbye(sender.ssrc) }
        writer.bytes.withUnsafeBytes { output(.rtcp, $0) }
    }

    private static var unixNs: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }

    /// What the owner of the path adds to the statistics, once a second.
    var pathStatistics: (@TransportActor () -> JSONObject)?

    private var statistics: JSONObject {
        StreamStatistics.make(
            sender: sender, receiver: receiver, counters: counters, path: pathStatistics?() ?? [:])
    }
}
