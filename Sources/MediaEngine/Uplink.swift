import AudioCore
import CParleyWire
import EventLoop
import Opus
import Resampling
import Synchronization

/// From the local leg to the plugin: resample, cut into frames, encode.
///
/// ```
/// samples ─► resampler ─► frame of ptime ─► PCM / G.711 / Opus ─► payload of the audio socket
/// ```
/// Made and freed on the control thread; in between only the engine touches it.
struct Uplink: ~Copyable {
    let format: AudioFormat
    let frameSamples: Int
    private var resampler: Resampler
    private var encoder: OpusEncoder?
    private let resampled: UnsafeMutablePointer<Float>
    private let resampledCapacity: Int
    private let frame: UnsafeMutablePointer<Float>
    private var frameFill = 0
    private var sequence: UInt32 = 0
    private var timestamp: UInt64 = 0
    private var afterGap = true
    /// Frames of the session that were dropped, as far as the next frame sent has said so.
    private var droppedBefore = 0

    /// - Parameters:
    ///   - localRateHz: of the samples that ``process`` gets.
    ///   - frameMs: length of a frame; for Opus 10, 20, 40 or 60.
    /// - Throws: `OpusError`, `ResamplerError`.
    init(localRateHz: Int, format: AudioFormat, frameMs: Int, opus: OpusEncoder.Settings) throws {
        let resampler = try Resampler(
            inputRateHz: localRateHz, outputRateHz: format.rateHz, quality: .lowDelay)
        let encoder =
            format.codec == .opus ? try OpusEncoder(rateHz: format.rateHz, settings: opus) : nil
        self.format = format
        frameSamples = format.rateHz * frameMs / 1_000
        self.resampler = resampler
        self.encoder = encoder
        resampledCapacity = format.rateHz / 10
        resampled = .allocate(capacity: resampledCapacity)
        frame = .allocate(capacity: frameSamples)
    }

    deinit {
        resampled.deallocate()
        frame.deallocate()
    }

    /// Forgets every sample that has not left yet: the daemon's part of a mute barrier.
    mutating func dropHeldSamples() {
        frameFill = 0
        resampler.reset()
        encoder?.reset()
        afterGap = true
    }

    /// What the network bears, for the encoder.
    mutating func adapt(lossPercent: Int, bitrateBps: Int) {
        encoder?.adapt(expectedLossPercent: lossPercent)
        if bitrateBps > 0 { encoder?.adapt(bitrateBps: bitrateBps) }
    }

    /// Takes `count` samples and sends each frame that they fill.
    mutating func process(
        _ samples: UnsafePointer<Float>, count: Int, wireNumber: UInt32, newestSampleNs: UInt64,
        link: UnsafeMutablePointer<HostLink>?, meters: SessionMeters
    ) {
        var offset = 0
        while offset < count {
            let (consumed, produced) = resampler.process(
                samples + offset, count: count - offset, into: resampled,
                capacity: resampledCapacity)
            offset += consumed
            append(
                resampled, count: produced, wireNumber: wireNumber,
                newestSampleNs: newestSampleNs, link: link, meters: meters)
            if consumed == 0 && produced == 0 { return }
        }
    }

    /// Takes samples at the format's own rate.
    mutating func append(
        _ samples: UnsafePointer<Float>, count: Int, wireNumber: UInt32, newestSampleNs: UInt64,
        link: UnsafeMutablePointer<HostLink>?, meters: SessionMeters
    ) {
        var taken = 0
        while taken < count {
            let piece = min(count - taken, frameSamples - frameFill)
            (frame + frameFill).update(from: samples + taken, count: piece)
            frameFill += piece
            taken += piece
            if frameFill == frameSamples {
                frameFill = 0
                emit(wireNumber: wireNumber, newestNs: newestSampleNs, link: link, meters: meters)
            }
        }
    }

    /// Encodes the frame and stages it; ``HostLink/flush()`` sends it.
    private mutating func emit(
        wireNumber: UInt32, newestNs: UInt64, link: UnsafeMutablePointer<HostLink>?,
        meters: SessionMeters
    ) {
        defer {
            sequence &+= 1
            timestamp &+= UInt64(frameSamples)
        }
        guard let link, wireNumber != 0 else {
            meters.framesDropped.add(1, ordering: .relaxed)
            return
        }
        let size = encode(into: link.pointee.payload(size: maximumBytes))
        // DTX: nothing to send, the sequence number is not used up.
        guard size > 0 else {
            sequence &-= 1
            return
        }
        let dropped = meters.framesDropped.load(ordering: .relaxed)
        if dropped != droppedBefore { afterGap = true }
        droppedBefore = dropped
        var header = parley_wire_audio()
        header.version = UInt16(PARLEY_WIRE_VERSION)
        header.session = wireNumber
        header.codec = format.codec.rawValue
        header.rate_hz = UInt32(format.rateHz)
        header.sample_count = UInt32(frameSamples)
        header.sequence = format.codec == .opus ? sequence & 0xFFFF : sequence
        header.timestamp = timestamp
        header.data_size = UInt32(size)
        if afterGap { header.flags |= UInt32(PARLEY_FRAME_DISCONTINUITY) }
        if format.codec == .opus { header.flags |= UInt32(PARLEY_FRAME_PACKET) }
        afterGap = false
        link.pointee.stage(header, newestSampleNs: newestNs, meters: meters)
    }

    /// Room that a frame may need.
    private var maximumBytes: Int { max(Self.opusPacketMaximum, frameSamples * 2) }

    private static var opusPacketMaximum: Int { 1_500 }

    /// Bytes written to `payload`; 0 for nothing to send.
    private mutating func encode(into payload: UnsafeMutablePointer<UInt8>) -> Int {
        switch format.codec {
        case .pcmS16LE:
            PCM16.encode(frame, to: payload, count: frameSamples)
            return frameSamples * 2
        case .pcmu:
            G711.encode(frame, to: payload, count: frameSamples, law: .mu)
            return frameSamples
        case .pcma:
            G711.encode(frame, to: payload, count: frameSamples, law: .a)
            return frameSamples
        case .opus:
            let size =
                encoder?.encode(
                    frame, count: frameSamples, into: payload, capacity: Self.opusPacketMaximum)
                ?? 0
            return size > 2 ? size : 0
        }
    }
}
