import Networking
import ParleyTransport
import SRTP

/// Plain RTP, as telephony servers speak it: the options of `signalling = "rtp"`, checked.
struct RTPOptions {
    enum Codec: String, CaseIterable {
        case opus, pcmu, pcma, l16

        /// The static payload type (RFC 3551, section 6), or one that is usual.
        var payloadType: UInt8 {
            switch self {
            case .opus: 111
            case .pcmu: 0
            case .pcma: 8
            case .l16: 96
            }
        }
    }

    let local: SocketAddress
    /// nil until the peer is latched on to.
    let remote: SocketAddress?
    let latches: Bool
    let sharesPort: Bool
    let audio: AudioMapping
    let telephoneEvent: TelephoneEventMapping?
    let frameMs: Int
    let quietLimitNs: UInt64
    /// nil for packets in the clear.
    let protection: ProtectionProfile?

    static let schema: [OptionsSchema.Property] = [
        .string(
            "localAddress", "rtp: where packets are taken, as address:port; port 0 for any.",
            default: "127.0.0.1:0"),
        .string("remoteAddress", "rtp: where packets go, as address:port."),
        .boolean(
            "latch",
            "rtp: send to where the first packet comes from, for peers behind NAT. Anybody may be first.",
            default: false),
        .boolean("rtcpMux", "rtp: RTCP on the port of RTP; else on the next.", default: false),
        .string(
            "codec", "rtp: opus, pcmu, pcma, l16.", default: "pcmu",
            choices: Codec.allCases.map(\.rawValue)),
        .integer(
            "l16Rate", "rtp: samples a second of l16: 8000, 16000, 24000 or 48000.",
            default: 16_000, in: 8_000...48_000),
        .integer(
            "payloadType", "rtp: of the audio; without it 0, 8, 111 or 96, as the codec is.",
            in: 0...127),
        .integer(
            "telephoneEventPayloadType", "rtp: of telephone keys; -1 for none.", default: 101,
            in: -1...127),
        .integer(
            "ptimeMs", "The length of a packet: 10, 20, 40, 60.", default: 20, in: 10...60),
        .number(
            "quietLimitS",
            "rtp: a peer that was heard, and then not for so long, has gone; 0 for never.",
            default: 30, in: 0...86_400),
        .string(
            "srtp",
            "rtp: encrypt with keys that both sides know, as SDES names it; both keys are needed then.",
            default: "none", choices: ["none"] + ProtectionProfile.allCases.map(\.sdesName)),
        .secret(
            "srtpSendKey", "rtp: key and salt of what is sent, in base64, as after SDES's inline:."),
        .secret("srtpReceiveKey", "rtp: key and salt of what the peer sends, in base64."),
    ]

    /// - Throws: a sentence that names the option.
    init(_ request: ConnectRequest) throws(TransportError) {
        let options = request.options
        func number(_ name: String) -> Int? { options[name]?.integerValue.map { Int($0) } }
        func isOn(_ name: String) -> Bool { options[name]?.boolValue ?? false }
        let localText = options["localAddress"]?.stringValue ?? "127.0.0.1:0"
        guard let local = SocketAddress(localText) else {
            throw Self.fault("localAddress", "an address and a port, such as 127.0.0.1:4000")
        }
        self.local = local
        latches = isOn("latch")
        if let text = options["remoteAddress"]?.stringValue {
            guard let address = SocketAddress(text), address.port != 0 else {
                throw Self.fault("remoteAddress", "an address and a port, such as 127.0.0.1:4000")
            }
            guard address.isIPv6 == local.isIPv6 else {
                throw Self.fault("remoteAddress", "of the same family as localAddress")
            }
            remote = address
        } else {
            guard latches else {
                throw TransportError(
                    .invalid, "remoteAddress is missing, and without it latch must be on")
            }
            remote = nil
        }
        sharesPort = isOn("rtcpMux")
        let codec = options["codec"]?.stringValue.flatMap(Codec.init) ?? .pcmu
        let format: AudioFormat
        switch codec {
        case .opus: format = .opus
        case .pcmu: format = .pcmu
        case .pcma: format = .pcma
        case .l16:
            guard
                let found = AudioFormat(
                    codec: AudioFormat.Codec.pcmS16LE.rawValue,
                    rateHz: UInt32(number("l16Rate") ?? 16_000))
            else { throw Self.fault("l16Rate", "8000, 16000, 24000 or 48000") }
            format = found
        }
        frameMs = number("ptimeMs") ?? 20
        guard [10, 20, 40, 60].contains(frameMs) else {
            throw Self.fault("ptimeMs", "10, 20, 40 or 60")
        }
        if let bytes = format.bytesPerSample, bytes * format.rateHz / 1_000 * frameMs > 1_380 {
            throw Self.fault("ptimeMs", "shorter: a packet of that length does not fit a network")
        }
        let type = UInt8(clamping: number("payloadType") ?? Int(codec.payloadType))
        // With the marker bit they would be taken for RTCP (RFC 5761, section 4).
        guard !(64...95).contains(type) else { throw Self.fault("payloadType", "not 64 to 95") }
        audio = AudioMapping(format, payloadType: type)
        let keys = number("telephoneEventPayloadType") ?? 101
        guard keys != Int(type) else {
            throw Self.fault("telephoneEventPayloadType", "another than that of the audio")
        }
        telephoneEvent =
            keys < 0
            ? nil
            : TelephoneEventMapping(
                sendPayloadType: UInt8(clamping: keys), receivePayloadType: UInt8(clamping: keys),
                rateHz: format.rateHz)
        protection = options["srtp"]?.stringValue.flatMap(ProtectionProfile.init(sdesName:))
        quietLimitNs = UInt64((options["quietLimitS"]?.numberValue ?? 30) * 1e9)
    }

    private static func fault(_ option: String, _ wanted: String) -> TransportError {
        TransportError(.invalid, "\(option) must be \(wanted)")
    }
}
