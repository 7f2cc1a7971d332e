import DTLS

/// Two ends and the path between them, in virtual time: what is sent arrives in the same turn, unless
/// `deliver` takes it out.
final class Pair {
    let client: DTLSAssociation
    let server: DTLSAssociation
    var nowNs: UInt64 = 1
    var events: [DTLSAssociation.Role: [String]] = [:]
    var data: [DTLSAssociation.Role: [[UInt8]]] = [:]
    /// Of those that were sent: to whom, and the datagram.
    var sent = 0
    var largest = 0
    /// Whether the datagram of this number arrives.
    var arrives: (Int) -> Bool = { _ in true }

    init(
        clientExpects: Fingerprint? = nil, serverExpects: Fingerprint? = nil,
        profiles: [SRTPProfile] = SRTPProfile.allCases
    ) throws {
        let one = try DTLSContext(DTLSCertificate())
        let two = try DTLSContext(DTLSCertificate(), profiles: profiles)
        client = try DTLSAssociation(
            .client, context: one,
            fingerprints: [clientExpects ?? two.certificate.fingerprint])
        server = try DTLSAssociation(
            .server, context: two,
            fingerprints: [serverExpects ?? one.certificate.fingerprint])
    }

    func shakeHands() {
        server.start(nowNs: nowNs)
        client.start(nowNs: nowNs)
        settle()
    }

    /// Carries datagrams until nobody has one.
    func settle() {
        while carry(from: client, .client, to: server) || carry(from: server, .server, to: client) {
        }
    }

    private func carry(
        from near: DTLSAssociation, _ role: DTLSAssociation.Role, to far: DTLSAssociation
    ) -> Bool {
        var hasMoved = false
        while let effect = near.nextEffect() {
            hasMoved = true
            switch effect {
            case .send(let datagram):
                sent += 1
                largest = max(largest, datagram.count)
                if arrives(sent) {
                    datagram.withUnsafeBytes { far.receive($0, nowNs: nowNs) }
                }
            case .established(let profile): events[role, default: []].append("\(profile)")
            case .data(let bytes): data[role, default: []].append(bytes)
            case .closed: events[role, default: []].append("closed")
            case .failed(let fault): events[role, default: []].append("\(fault.kind)")
            }
        }
        return hasMoved
    }
}

extension DTLSAssociation {
    func receive(_ bytes: [UInt8]) { bytes.withUnsafeBytes { receive($0, nowNs: 1) } }
}
