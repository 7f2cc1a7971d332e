/// Reads the peer's ICE and DTLS, and writes ours.
enum SecureNegotiation {
    static func isProtocol(_ name: String) -> Bool {
        // What RFC 9429, section 5.1.2 wants accepted beside what it wants said.
        [
            "UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "RTP/SAVPF", "RTP/SAVP", "TCP/DTLS/RTP/SAVPF",
            "TCP/DTLS/RTP/SAVP", "RTP/AVPF", "RTP/AVP",
        ].contains(name)
    }

    static func isDataProtocol(_ name: String) -> Bool {
        ["UDP/DTLS/SCTP", "TCP/DTLS/SCTP", "DTLS/SCTP"].contains(name)
    }

    /// - Parameters:
    ///   - index: the section that carries the transport of the bundle.
    ///   - role: ours, or why there is none.
    static func read(
        _ remote: SessionDescription, section index: Int, isAnswer: Bool,
        local: LocalSecureTransport
    ) throws(NegotiationFault) -> NegotiatedSecureTransport {
        let section = remote.sections[index]
        // A section that is bundled may leave its transport to the first of the bundle.
        var holders: [any AttributeHolder] = [section]
        if let mid = section.mid, let first = remote.bundle(with: mid)?.first,
            let tagged = remote.sections.first(where: { $0.mid == first }), first != mid
        {
            holders.append(tagged)
        }
        holders.append(remote)
        guard let userName = holders.lazy.compactMap(\.iceUserNameFragment).first,
            let password = holders.lazy.compactMap(\.icePassword).first
        else {
            throw NegotiationFault(
                .unusableTransport,
                "The peer's description has no ICE credentials (ice-ufrag and ice-pwd).")
        }
        let fingerprints = holders.lazy.map(\.fingerprints).first { !$0.isEmpty } ?? []
        guard !fingerprints.isEmpty else {
            throw NegotiationFault(
                .insecure,
                "The peer's description has no fingerprint: without one DTLS proves nothing.")
        }
        guard fingerprints.contains(where: \.isStrong) else {
            let names = fingerprints.map(\.algorithm).joined(separator: ", ")
            throw NegotiationFault(
                .insecure, "The peer's fingerprints are of \(names); sha-256 or longer is needed.")
        }
        let options = holders.lazy.compactMap(\.iceOptions).first ?? []
        let trickles = options.contains("trickle")
        let setup = holders.lazy.compactMap(\.setup).first
        return NegotiatedSecureTransport(
            remoteUserNameFragment: userName, remotePassword: password,
            remoteIsLite: remote.isICELite, remoteTrickles: trickles,
            remoteCandidates: holders.flatMap(\.candidates).filter { $0.component == 1 },
            remoteCandidatesEnd: !trickles || holders.contains(where: \.endsCandidates),
            remoteFingerprints: fingerprints,
            role: isAnswer
                ? try role(answered: setup) : try role(offered: setup, local.preferredRole),
            mid: section.mid, sectionIndex: index)
    }

    private static func role(
        offered setup: SetupRole?, _ preferred: DTLSRole
    ) throws(NegotiationFault) -> DTLSRole {
        switch setup {
        case .activeOrPassive, nil: return preferred
        case .active: return .server
        case .passive: return .client
        case .holdConnection:
            throw NegotiationFault(
                .unusableTransport, "The peer's offer has setup:holdconn, which sets up nothing.")
        }
    }

    private static func role(answered setup: SetupRole?) throws(NegotiationFault) -> DTLSRole {
        switch setup {
        case .active, nil: return .server
        case .passive: return .client
        case .activeOrPassive, .holdConnection:
            throw NegotiationFault(
                .unusableTransport,
                "The peer's answer has setup:\(setup?.rawValue ?? ""); it must be active or passive."
            )
        }
    }

    /// The transport's attributes of a section. Credentials and fingerprints stand in each section, as the
    /// browsers have it; candidates in the one that carries the bundle.
    static func attributes(
        _ local: LocalSecureTransport, setup: SetupRole, carriesBundle: Bool
    ) -> [Attribute] {
        var attributes: [Attribute] = [
            .iceUserNameFragment(local.userNameFragment), .icePassword(local.password),
        ]
        attributes += local.fingerprints.map(Attribute.fingerprint)
        attributes.append(.setup(setup))
        if carriesBundle {
            attributes += local.candidates.map(Attribute.candidate)
            if local.isGatheringComplete { attributes.append(.endOfCandidates) }
        }
        return attributes
    }

    /// What `m=` and `c=` say of the address: the candidate that reaches farthest once all are known,
    /// until then none (RFC 8839, section 4.2.1; RFC 9429, section 5.2.1).
    static func defaultAddress(_ local: LocalSecureTransport) -> (ConnectionAddress, UInt16) {
        let order: [Candidate.Kind] = [.relayed, .serverReflexive, .host]
        let usable = local.candidates.filter {
            $0.transport == .udp && $0.component == 1 && !$0.isMulticastName
        }
        if local.isGatheringComplete {
            for kind in order {
                if let candidate = usable.first(where: { $0.kind == kind }) {
                    return (ConnectionAddress(numeric: candidate.address), candidate.port)
                }
            }
        }
        return (.unspecified, 9)
    }
}
