import COpus

/// Questions about a packet that need no decoder (RFC 6716, section 3). [thread-safe, real-time safe]
public enum OpusPacket {
    /// Samples in the packet at `rateHz`; nil for bytes that are no packet.
    @_noLocks
    public static func sampleCount(
        _ bytes: UnsafePointer<UInt8>, count: Int, rateHz: Int
    ) -> Int? {
        guard count > 0 else { return nil }
        let samples = parley_opus_packet_samples(
            bytes, opus_int32(truncatingIfNeeded: count), opus_int32(truncatingIfNeeded: rateHz))
        return samples > 0 ? Int(samples) : nil
    }

    /// Whether the packet only says that the sender is silent.
    @_noLocks
    public static func isDTX(byteCount: Int) -> Bool { byteCount <= 2 }

    /// Whether the packet carries a copy of the frame before it: the first LBRR flag of a SILK or hybrid
    /// frame (RFC 6716, section 4.2.3), mono or stereo's first channel.
    @_noLocks
    public static func carriesFEC(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        // Configurations 16 to 31 are CELT, which has none; code 0 packets have one frame right after
        // the first byte. Others are rare in RTP and answered no.
        guard count > 1, bytes[0] < 0x80, bytes[0] & 3 == 0 else { return false }
        let config = bytes[0] &>> 3
        // SILK frames of 20 ms in the Opus frame, a VAD flag each before the LBRR flag.
        let silkFrames: UInt8 =
            config < 12 ? (config & 3 < 2 ? 1 : config & 3) : 1
        return bytes[1] & (0x80 &>> silkFrames) != 0
    }
}
