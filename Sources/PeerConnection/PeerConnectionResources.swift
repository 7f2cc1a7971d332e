import DTLS
import ICE
import ParleyTransport

/// What the calls of a plugin share: GLib's context, and a certificate that is made anew every day.
@TransportActor
public final class PeerConnectionResources {
    private static var certificateNs: UInt64 { 86_400_000_000_000 }

    let ice = ICEContext()
    private var dtls: (context: DTLSContext, madeNs: UInt64)?

    public init() {}

    func dtlsContext(nowNs: UInt64) throws(DTLSFault) -> DTLSContext {
        if let dtls, nowNs - min(nowNs, dtls.madeNs) < Self.certificateNs { return dtls.context }
        let context = try DTLSContext(try DTLSCertificate())
        dtls = (context, nowNs)
        return context
    }
}
