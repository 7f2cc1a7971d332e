import Glibc
import Networking
import ParleyTransport

/// The UDP ports of plain RTP: one for packets and one for reports, or one for both.
@TransportActor
final class MediaPorts {
    /// Datagrams in a row, so that a flood on one call can't keep the others of this host waiting.
    private static var readsInARow: Int { 32 }

    private let media: DatagramSocket
    private let reports: DatagramSocket?
    private var watches: [HostLoop.Watch] = []
    private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)

    isolated deinit { room.deallocate() }

    /// - Parameter handler: gets each datagram, whether it came on the port of reports, and its sender.
    /// - Throws: when a port can't be had.
    init(
        _ address: SocketAddress, sharesPort: Bool, loop: HostLoop,
        handler: @escaping @TransportActor (UnsafeRawBufferPointer, Bool, SocketAddress) -> Void
    ) throws(TransportError) {
        (media, reports) = try Self.bind(address, sharesPort: sharesPort)
        for (socket, isReports) in [(media, false), (reports, true)] {
            guard let socket else { continue }
            let watch = try loop.watch(socket.descriptor, for: .read) { [weak self] _ in
                self?.read(socket, isReports, handler)
            }
            watches.append(watch)
        }
    }

    /// Reports have the next higher port (RFC 3550, section 11): where the system chooses, it is asked
    /// until two in a row are free.
    private static func bind(
        _ address: SocketAddress, sharesPort: Bool
    ) throws(TransportError) -> (DatagramSocket, DatagramSocket?) {
        var last: SocketFault?
        for _ in 0..<(address.port == 0 ? 64 : 1) {
            do throws(SocketFault) {
                let media = try DatagramSocket(boundTo: address)
                if sharesPort { return (media, nil) }
                let (next, isOver) = media.localAddress.port.addingReportingOverflow(1)
                if isOver { continue }
                return (media, try DatagramSocket(boundTo: address.with(port: next)))
            } catch {
                last = error
            }
        }
        throw TransportError(
            .failed, "no port for RTP: \(last?.description ?? "no two in a row are free")")
    }

    var localAddress: SocketAddress { media.localAddress }

    func sendMedia(_ bytes: UnsafeRawBufferPointer, to address: SocketAddress) -> Bool {
        media.send(bytes, to: address)
    }

    func sendReport(_ bytes: UnsafeRawBufferPointer, to address: SocketAddress) {
        (reports ?? media).send(bytes, to: address)
    }

    private func read(
        _ socket: DatagramSocket, _ isReports: Bool,
        _ handler: @TransportActor (UnsafeRawBufferPointer, Bool, SocketAddress) -> Void
    ) {
        for _ in 0..<Self.readsInARow {
            guard !watches.isEmpty, let (count, sender) = socket.receive(into: room) else { return }
            handler(UnsafeRawBufferPointer(rebasing: room[..<count]), isReports, sender)
        }
    }

    /// No datagram comes after it.
    func close() {
        for watch in watches { watch.cancel() }
        watches = []
    }
}
