import SDP

/// Descriptions in the shape of those that peers send.
enum Descriptions {
    static let fingerprint =
        "sha-256 " + (0..<32).map { ["A0", "1B", "2C", "3D"][$0 % 4] }.joined(separator: ":")

    static let browser = """
        v=0
        o=- 4611731400430051336 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=extmap-allow-mixed
        a=msid-semantic: WMS 7a1f
        m=audio 54400 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
        c=IN IP4 203.0.113.7
        a=rtcp:9 IN IP4 0.0.0.0
        a=candidate:1467250027 1 udp 2122260223 6d1c8a74-0d8e-4f3a-9c1e-7bb3.local 54400 typ host \
        generation 0 network-id 1 network-cost 10
        a=candidate:842163049 1 udp 1677729535 203.0.113.7 54400 typ srflx raddr 0.0.0.0 rport 0 \
        generation 0 network-id 1
        a=candidate:435653019 1 tcp 1845501695 2001:db8::7 9 typ host tcptype active generation 0
        a=ice-ufrag:4ZcD
        a=ice-pwd:2/1muCWoOi3uLifh0NuRHlmv
        a=ice-options:trickle
        a=fingerprint:\(fingerprint)
        a=setup:actpass
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=sendrecv
        a=msid:7a1f 0c7d
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtpmap:63 red/48000/2
        a=fmtp:63 111/111
        a=rtpmap:9 G722/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:13 CN/8000
        a=rtpmap:110 telephone-event/48000
        a=rtpmap:126 telephone-event/8000
        a=ssrc:1399694169 cname:FocUG1f0fcg/yvY7
        a=ssrc:1399694169 msid:7a1f 0c7d
        m=application 54400 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 203.0.113.7
        a=ice-ufrag:4ZcD
        a=ice-pwd:2/1muCWoOi3uLifh0NuRHlmv
        a=ice-options:trickle
        a=fingerprint:\(fingerprint)
        a=setup:actpass
        a=mid:1
        a=sctp-port:5000
        a=max-message-size:262144

        """

    /// The other engine: much at the session's level, dynamic numbers of its own, ptimes, both
    /// telephone events missing but one.
    static let otherBrowser = """
        v=0
        o=moz 5228741905 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=sendrecv
        a=fingerprint:\(fingerprint)
        a=group:BUNDLE 0 1
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101
        c=IN IP4 0.0.0.0
        a=sendrecv
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
        a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
        a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=fmtp:101 0-15
        a=ice-pwd:2b50f4f4c5a0f7aa3b5fd7d44d1ba0a1
        a=ice-ufrag:86d0a2f8
        a=mid:0
        a=msid:{0aa1} {3bb2}
        a=rtcp-mux
        a=rtpmap:109 opus/48000/2
        a=rtpmap:9 G722/8000/1
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000
        a=setup:actpass
        a=ssrc:2890149741 cname:{c1e1}
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=sendrecv
        a=ice-pwd:2b50f4f4c5a0f7aa3b5fd7d44d1ba0a1
        a=ice-ufrag:86d0a2f8
        a=mid:1
        a=setup:actpass
        a=sctp-port:5000
        a=max-message-size:1073741823

        """

    /// An answer of a model's server: lite, all candidates in it, one codec.
    static let modelAnswer = """
        v=0
        o=- 7741039920311201987 1764000000 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=msid-semantic:WMS*
        a=fingerprint:\(fingerprint)
        a=extmap-allow-mixed
        a=group:BUNDLE 0 1
        a=ice-lite
        m=audio 9 UDP/TLS/RTP/SAVPF 111 8 0
        c=IN IP4 0.0.0.0
        a=setup:active
        a=mid:0
        a=ice-ufrag:dTqpVYzfXMCqeMTW
        a=ice-pwd:NRqHzLzWqOLMdZsRmBSVmEbDgKvIzUEY
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:111 opus/48000/2
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtcp-fb:111 transport-cc
        a=rtpmap:8 PCMA/8000
        a=rtpmap:0 PCMU/8000
        a=extmap:2 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=ssrc:3011552221 cname:realtimeapi
        a=msid:realtimeapi audio
        a=sendrecv
        a=candidate:3461111247 1 udp 2130706431 192.0.2.10 3478 typ host ufrag dTqpVYzfXMCqeMTW
        a=candidate:3461111248 1 tcp 1671430143 192.0.2.10 443 typ host tcptype passive \
        ufrag dTqpVYzfXMCqeMTW
        a=end-of-candidates
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=setup:active
        a=mid:1
        a=sendrecv
        a=sctp-port:5000
        a=max-message-size:1073741823
        a=ice-ufrag:dTqpVYzfXMCqeMTW
        a=ice-pwd:NRqHzLzWqOLMdZsRmBSVmEbDgKvIzUEY

        """

    /// A telephony server's external media.
    static let telephony = """
        v=0
        o=- 1763887 1763887 IN IP4 198.51.100.20
        s=Asterisk
        c=IN IP4 198.51.100.20
        t=0 0
        m=audio 17822 RTP/AVP 0 8 107 101
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:107 opus/48000/2
        a=fmtp:107 useinbandfec=1
        a=rtpmap:101 telephone-event/8000
        a=fmtp:101 0-16
        a=ptime:20
        a=maxptime:150
        a=sendrecv

        """

    /// `text` with a line replaced, or removed when `to` is empty.
    static func changed(_ text: String, _ from: String, _ to: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
            guard line == from else { return String(line) }
            return to.isEmpty ? nil : to
        }.joined(separator: "\n")
    }

    static func parse(_ text: String) throws -> SessionDescription {
        try SessionDescription(parsing: text)
    }

    static var secure: LocalSecureTransport {
        LocalSecureTransport(
            userNameFragment: "ours", password: "ourpasswordourpassword12",
            fingerprints: [CertificateFingerprint(algorithm: "sha-256", bytes: .init(0..<32))])
    }

    static var audio: LocalAudio { LocalAudio(ssrc: 12_345, canonicalName: "us") }

    static var local: LocalSession {
        LocalSession(
            sessionID: 42, transport: .secure(secure), audio: audio,
            dataChannel: LocalDataChannel())
    }

    static func plain(_ cryptos: [CryptoAttribute] = []) -> LocalSession {
        LocalSession(
            sessionID: 42,
            transport: .plain(
                LocalPlainTransport(address: "127.0.0.1", port: 4_000, cryptos: cryptos)),
            audio: audio)
    }
}

extension NegotiatedSession {
    var secure: NegotiatedSecureTransport? {
        if case .secure(let transport) = transport { transport } else { nil }
    }

    var plain: NegotiatedPlainTransport? {
        if case .plain(let transport) = transport { transport } else { nil }
    }
}
