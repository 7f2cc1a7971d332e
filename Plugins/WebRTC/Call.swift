import Glibc
import ParleyTransport

/// One connection of a session, whatever its signalling.
@TransportActor
protocol Call: AnyObject {
    /// Begins; the host is told how it goes.
    ///
    /// - Throws: for what makes no sense to try again.
    func connect() throws(TransportError)

    /// Ends it; the host is told `disconnected` within a second.
    func close()

    func send(_ frame: borrowing AudioFrame)

    /// The mute barrier: nothing that was sent before reaches the network any more.
    func dropAudio()

    /// Telephone keys, with commas and spaces for pauses.
    func sendKeys(_ digits: String) throws(TransportError)

    /// The answer to a secret that the call asked its host for; nil when there is none.
    func secret(_ name: String, _ value: String?)

    func perform(_ command: TransportCommand) throws(TransportError)

    func playback(_ playback: Playback)
}

extension Call {
    func secret(_ name: String, _ value: String?) {}

    func perform(_ command: TransportCommand) throws(TransportError) {
        throw .notSupported("messages: its peer takes audio alone")
    }

    func playback(_ playback: Playback) {}
}

enum MonotonicTime {
    /// CLOCK_MONOTONIC.
    static var nowNs: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
