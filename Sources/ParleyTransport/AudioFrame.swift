import CParleyTransport

/// What is said about a piece of audio, in either direction.
public struct AudioHeader: Sendable {
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Real-time audio with RTP numbers: the daemon's jitter buffer orders it and hides loss.
        /// Without it frames are queued as they come, also faster than real time. Opus always has it.
        public static let packet = Flags(rawValue: 1 << 0)
        /// Something before this frame was lost on purpose.
        public static let discontinuity = Flags(rawValue: 1 << 1)
        /// First packet of a talk spurt.
        public static let marker = Flags(rawValue: 1 << 2)
        /// Last audio of the item; the frame may be empty.
        public static let endOfItem = Flags(rawValue: 1 << 3)
    }

    public var format: AudioFormat
    public var flags: Flags
    /// Samples at ``AudioFormat/rateHz``.
    public var sampleCount: Int
    /// Packets: the RTP sequence number (16 bit). Else counts frames.
    public var sequence: UInt32
    /// Position of the first sample, in samples.
    public var timestamp: UInt64
    /// The item that this speech belongs to; at most 63 bytes. nil where the peer has no items.
    public var itemID: String?
    public var contentIndex: Int

    public init(
        format: AudioFormat, flags: Flags = [], sampleCount: Int, sequence: UInt32 = 0,
        timestamp: UInt64 = 0, itemID: String? = nil, contentIndex: Int = 0
    ) {
        self.format = format
        self.flags = flags
        self.sampleCount = sampleCount
        self.sequence = sequence
        self.timestamp = timestamp
        self.itemID = itemID
        self.contentIndex = contentIndex
    }
}

/// Sound from the local leg, lent to ``TransportLayer/sendAudio(_:)`` until it returns. It can't be
/// stored: what a transport keeps, it copies out of ``bytes``. Reading it allocates nothing.
public struct AudioFrame: ~Copyable {
    public let header: AudioHeader
    private let base: UnsafePointer<UInt8>?
    private let size: Int

    init(header: AudioHeader, base: UnsafePointer<UInt8>?, size: Int) {
        self.header = header
        self.base = base
        self.size = size
    }

    /// nil when the host breaks a rule of the interface.
    init?(_ raw: UnsafePointer<parley_audio_frame_t>) {
        guard
            let format = AudioFormat(
                codec: raw.pointee.format.codec, rateHz: raw.pointee.format.rate_hz),
            raw.pointee.data_size <= PARLEY_FRAME_DATA_MAX,
            raw.pointee.data != nil || raw.pointee.data_size == 0
        else { return nil }
        self.init(
            header: AudioHeader(
                format: format, flags: AudioHeader.Flags(rawValue: raw.pointee.flags),
                sampleCount: Int(raw.pointee.sample_count), sequence: raw.pointee.sequence,
                timestamp: raw.pointee.timestamp),
            base: raw.pointee.data, size: Int(raw.pointee.data_size))
    }

    /// The coded audio.
    public var bytes: RawSpan {
        @_lifetime(borrow self) borrowing get {
            guard let base else { return RawSpan() }
            let span = RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: size)
            return _overrideLifetime(span, borrowing: self)
        }
    }
}
