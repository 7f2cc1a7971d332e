import CUsrsctp
import Glibc

/// usrsctp, which exists once per process, without its threads: what it has to do is done within calls,
/// and its timers are told how much time has passed. [one thread]
///
/// An association is known to usrsctp by a number that is used once, dressed as an address that nobody
/// follows. So a late call for one that is gone finds nothing, and never freed memory.
enum SCTPStack {
    private struct Entry {
        weak var association: SCTPAssociation?
    }

    // One thread, by contract.
    nonisolated(unsafe) private static var entries: [UInt: Entry] = [:]
    nonisolated(unsafe) private static var lastID: UInt = 0
    nonisolated(unsafe) private static var passedNs: UInt64 = 0

    private static let isReady: Bool = {
        usrsctp_init_nothreads(
            0,
            { id, packet, count, _, _ in
                guard let packet, let association = SCTPStack.find(id) else { return 0 }
                association.leave(UnsafeRawBufferPointer(start: packet, count: count))
                return 0
            }, nil)
        // Nobody answers what belongs to no association; no ECN, no change of addresses: DTLS and ICE
        // are below.
        usrsctp_sysctl_set_sctp_blackhole(2)
        usrsctp_sysctl_set_sctp_ecn_enable(0)
        usrsctp_sysctl_set_sctp_asconf_enable(0)
        usrsctp_sysctl_set_sctp_auth_enable(0)
        return true
    }()

    static func add(_ association: SCTPAssociation) -> UInt {
        _ = isReady
        lastID += 1
        entries[lastID] = Entry(association: association)
        usrsctp_register_address(UnsafeMutableRawPointer(bitPattern: lastID))
        return lastID
    }

    static func remove(_ id: UInt) {
        guard entries.removeValue(forKey: id) != nil else { return }
        usrsctp_deregister_address(UnsafeMutableRawPointer(bitPattern: id))
    }

    static func find(_ id: UnsafeMutableRawPointer?) -> SCTPAssociation? {
        entries[UInt(bitPattern: id)]?.association
    }

    /// Tells usrsctp the time: timers of every association that are due run, and those that begin now
    /// begin now.
    static func advance(nowNs: UInt64) {
        _ = isReady
        if passedNs == 0 { passedNs = nowNs }
        guard nowNs > passedNs else { return }
        let elapsedMs = (nowNs - passedNs) / 1_000_000
        guard elapsedMs > 0 else { return }
        passedNs += elapsedMs * 1_000_000
        usrsctp_handle_timers(UInt32(clamping: elapsedMs))
    }
}
