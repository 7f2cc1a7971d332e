import HTTP
import Networking
import ParleyTransport

extension HTTPExchange {
    /// Tells a server that the call is over; nobody waits longer for it than 0.7 s in all.
    ///
    /// - Parameter done: called once, whatever comes of it.
    /// - Returns: nil when it could not begin.
    static func goodbye(
        _ request: HTTPRequest, _ endpoint: HTTPEndpoint, _ loop: HostLoop,
        _ done: @escaping @TransportActor () -> Void
    ) -> HTTPExchange? {
        var settings = endpoint.settings
        settings.connectLimit = .milliseconds(200)
        settings.handshakeLimit = .milliseconds(200)
        settings.answerLimit = .milliseconds(300)
        settings.maximumRedirects = 0
        do throws(TransportError) {
            return try HTTPExchange(request, settings: settings, loop: loop) { _ in done() }
        } catch {
            done()
            return nil
        }
    }
}
