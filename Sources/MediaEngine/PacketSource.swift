import AudioCore
import CParleyWire
import Opus

/// Packet audio on its way to the listener: jitter buffer, decoder, concealment.
///
/// Made and freed on the control thread; in between only the engine touches it.
struct PacketSource: ~Copyable {
    private let format: AudioFormat
    private var decoder: OpusDecoder?
    private let samples: UnsafeMutablePointer<Float>
    private let capacity: Int

    init(format: AudioFormat, settings: DownlinkSettings) throws {
        let decoder = format.codec == .opus ? try OpusDecoder(rateHz: format.rateHz) : nil
        self.format = format
        self.decoder = decoder
        capacity = format.rateHz / 1_000 * 120
        samples = .allocate(capacity: capacity)
    }

    deinit { samples.deallocate() }

    mutating func insert(_ packet: AudioPacket, item: SpeechItem, queue: inout PlayoutQueue) -> Bool {
        let size = Int(packet.header.data_size)
        var count = Int(packet.header.sample_count)
        guard count <= capacity else { return false }
        switch format.codec {
        case .pcmS16LE: PCM16.decode(packet.data, to: samples, count: count)
        case .pcmu: G711.decode(packet.data, to: samples, count: count, law: .mu)
        case .pcma: G711.decode(packet.data, to: samples, count: count, law: .a)
        case .opus:
            count = size == 0 ? 0
                : decoder?.decode(packet.data, count: size, into: samples, capacity: capacity) ?? 0
            guard count >= 0 else { return false }
        }
        return queue.append(samples, count: count, item: item, endsItem: packet.endsItem) == .taken
    }

    var queuedUs: Int { 0 }
    mutating func next(into samples: UnsafeMutablePointer<Float>, count: Int) -> PlayoutChunk? { nil }
    mutating func flush() { decoder?.reset() }
    func publish(to meters: SessionMeters) {}
}
