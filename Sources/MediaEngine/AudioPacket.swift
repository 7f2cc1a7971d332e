import AudioCore
import CParleyTransport
import CParleyWire
import Glibc

/// One packet of the audio socket, checked. What a host sends is untrusted: a packet that breaks a
/// rule of `parley_transport.h` never becomes one of these.
struct AudioPacket {
    let header: parley_wire_audio
    let data: UnsafePointer<UInt8>

    static var headerSize: Int { MemoryLayout<parley_wire_audio>.size }

    /// - Parameters:
    ///   - bytes: aligned for the header; valid as long as the result is used.
    ///   - size: as received.
    /// - Returns: nil for a packet that is malformed in itself.
    @inline(__always)
    init?(_ bytes: UnsafeRawPointer, size: Int) {
        guard size >= Self.headerSize else { return nil }
        header = bytes.load(as: parley_wire_audio.self)
        data = (bytes + Self.headerSize).assumingMemoryBound(to: UInt8.self)
        let dataSize = Int(header.data_size)
        guard header.version == UInt16(PARLEY_WIRE_VERSION),
            dataSize == size - Self.headerSize,
            header.item_id_size <= UInt16(PARLEY_ID_MAX),
            Self.isConsistent(header, dataSize: dataSize)
        else { return nil }
    }

    private static func isConsistent(_ header: parley_wire_audio, dataSize: Int) -> Bool {
        if dataSize == 0 {
            return header.sample_count == 0
        }
        switch header.codec {
        case UInt32(PARLEY_CODEC_PCM_S16LE):
            return dataSize == Int(header.sample_count) * 2
        case UInt32(PARLEY_CODEC_PCMU), UInt32(PARLEY_CODEC_PCMA):
            return dataSize == Int(header.sample_count) && header.rate_hz == 8_000
        case UInt32(PARLEY_CODEC_OPUS):
            // RFC 6716 section 3.2: at most 120 ms in a packet.
            return header.rate_hz == 48_000 && dataSize <= 1_500 && header.sample_count <= 5_760
                && header.flags & UInt32(PARLEY_FRAME_PACKET) != 0
        default:
            return false
        }
    }

    var isPacket: Bool { header.flags & UInt32(PARLEY_FRAME_PACKET) != 0 }
    var endsItem: Bool { header.flags & UInt32(PARLEY_FRAME_END_OF_ITEM) != 0 }

    /// What the audio belongs to.
    var item: SpeechItem? {
        withUnsafePointer(to: header.item_id) {
            SpeechItem(
                id: $0, byteCount: Int(header.item_id_size), contentIndex: header.content_index)
        }
    }
}
