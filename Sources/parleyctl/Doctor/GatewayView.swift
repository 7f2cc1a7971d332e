import JSON

/// What a gateway answered, or why none did.
struct GatewayView {
    /// The socket that let the doctor in.
    var path: String?
    /// Why none did.
    var failure: DaemonError?
    /// Of `gateway.info`; nil when it does not answer. Then it is asked nothing more.
    var info: JSONValue?
    var status: JSONValue?
    var devices: JSONValue?
    var transports: JSONValue?

    static func ask(_ machine: Machine) -> GatewayView {
        var view = GatewayView()
        switch machine.connect() {
        case .failure(let failure): view.failure = failure
        case .success(let line):
            view.path = line.path
            view.info = line.ask("gateway.info")
            guard view.info != nil else { break }
            view.status = line.ask("gateway.status")
            view.devices = line.ask("devices.list")
            view.transports = line.ask("transports.list")
        }
        return view
    }

    var version: String? { info?["version"]?.stringValue }
    var isRealTime: Bool? { status?["realTime"]?.boolValue }
    var sound: GatewaySound? { devices.flatMap { GatewaySound($0) } }

    /// The user that it runs as. The socket does not tell: systemd may have made it.
    var userID: UInt32? {
        let server = status?["soundServer"] ?? devices?["soundServer"]
        return server?["uid"]?.integerValue.flatMap { UInt32(exactly: $0) }
    }
}
