import CPulse
import EventLoop

/// The sources and sinks that the server has now, kept by subscription. Empty while the server is
/// away.
@LoopActor
public final class DeviceRegistry {
    /// Sources first, each kind by name.
    public private(set) var devices: [AudioDevice] = []
    /// Whether the first listing of this connection is complete.
    public private(set) var isComplete = false

    private var connection: PulseConnection?
    private var defaultNames: [AudioDevice.Kind: String] = [:]
    private var listings = 0
    var onEvent: @LoopActor (DeviceEvent) -> Void = { _ in }
    /// After events that belong together; and when the listing is complete or lost.
    var onSettled: @LoopActor () -> Void = {}
    /// The server's answer about itself.
    var onServer: @LoopActor (ServerSelf) -> Void = { _ in }

    /// What a server says about itself.
    struct ServerSelf: Sendable {
        var name: String
        var version: String
        var user: String
        var defaultSink: String
        var defaultSource: String
    }

    init() {}

    public func device(_ kind: AudioDevice.Kind, named name: String) -> AudioDevice? {
        devices.first { $0.kind == kind && $0.name == name }
    }

    /// The device of that name; a sink and a source may share one, then the sink.
    public func device(named name: String) -> AudioDevice? {
        device(.sink, named: name) ?? device(.source, named: name)
    }

    // MARK: Connection

    func attach(_ connection: PulseConnection) {
        self.connection = connection
        isComplete = false
        listings = 3
        refreshServer(isFirst: true)
        list(.sink)
        list(.source)
    }

    func detach() {
        connection = nil
        isComplete = false
        defaultNames = [:]
        let gone = devices
        devices = []
        for device in gone { onEvent(.removed(device)) }
        onSettled()
    }

    func handle(_ change: PulseConnection.Change) {
        switch change.facility {
        case .server: refreshServer(isFirst: false)
        case .sink: refresh(.sink, change)
        case .source: refresh(.source, change)
        case .sinkInput, .sourceOutput: break
        }
    }

    // MARK: Questions

    /// Calls `completion` when everything that the server has said until now, and what it answers
    /// to one more question, is in the list: events about one change come in no fixed order.
    func confirm(_ completion: @escaping @LoopActor @Sendable () -> Void) {
        refreshServer(isFirst: false, completion: completion)
    }

    private func refreshServer(
        isFirst: Bool, completion: @escaping @LoopActor @Sendable () -> Void = {}
    ) {
        connection?.request { context, userdata in
            pa_context_get_server_info(context, onServerInfo, userdata)
        } completion: { [weak self] (answers: [ServerSelf]?) in
            guard let self, connection != nil else { return }
            if let server = answers?.first {
                defaultNames = [.sink: server.defaultSink, .source: server.defaultSource]
                onServer(server)
                for device in devices { store(device) }
            }
            settle(isFirst: isFirst)
            completion()
        }
    }

    private func list(_ kind: AudioDevice.Kind) {
        connection?.request { context, userdata in
            switch kind {
            case .sink: pa_context_get_sink_info_list(context, onSinkInfo, userdata)
            case .source: pa_context_get_source_info_list(context, onSourceInfo, userdata)
            }
        } completion: { [weak self] (answers: [AudioDevice]?) in
            guard let self, connection != nil else { return }
            for device in answers ?? [] { store(device) }
            settle(isFirst: true)
        }
    }

    private func refresh(_ kind: AudioDevice.Kind, _ change: PulseConnection.Change) {
        guard !change.isRemoved else {
            remove(kind, change.index)
            return settle(isFirst: false)
        }
        connection?.request { context, userdata in
            switch kind {
            case .sink:
                pa_context_get_sink_info_by_index(context, change.index, onSinkInfo, userdata)
            case .source:
                pa_context_get_source_info_by_index(context, change.index, onSourceInfo, userdata)
            }
        } completion: { [weak self] (answers: [AudioDevice]?) in
            guard let self, connection != nil else { return }
            if let device = answers?.first { store(device) }
            settle(isFirst: false)
        }
    }

    // MARK: The list

    private func store(_ new: AudioDevice) {
        var device = new
        device.isDefault = defaultNames[device.kind] == device.name
        if let place = devices.firstIndex(where: {
            $0.kind == device.kind && $0.index == device.index
        }) {
            guard devices[place] != device else { return }
            devices[place] = device
            if isComplete { onEvent(.changed(device)) }
        } else {
            devices.append(device)
            devices.sort {
                $0.kind != $1.kind ? $0.kind == .source : $0.name < $1.name
            }
            if isComplete { onEvent(.added(device)) }
        }
    }

    private func remove(_ kind: AudioDevice.Kind, _ index: UInt32) {
        guard let place = devices.firstIndex(where: { $0.kind == kind && $0.index == index })
        else { return }
        let device = devices.remove(at: place)
        if isComplete { onEvent(.removed(device)) }
    }

    private func settle(isFirst: Bool) {
        guard connection != nil else { return }
        if isFirst {
            listings -= 1
            guard listings == 0 else { return }
            isComplete = true
            // Only now is it known which ones are default.
            for device in devices { onEvent(.added(device)) }
        }
        if isComplete { onSettled() }
    }
}

// The answers are complete with `eol`; a negative one is a refusal ("no such entity").

private func onSinkInfo(
    _ context: OpaquePointer?, _ info: UnsafePointer<pa_sink_info>?, _ eol: CInt,
    _ userdata: UnsafeMutableRawPointer?
) {
    guard let request = PulseRequest<AudioDevice>.from(userdata) else { return }
    if let info, eol == 0 { request.add(AudioDevice(info.pointee)) }
    if eol != 0 { request.finish(succeeded: eol > 0) }
}

private func onSourceInfo(
    _ context: OpaquePointer?, _ info: UnsafePointer<pa_source_info>?, _ eol: CInt,
    _ userdata: UnsafeMutableRawPointer?
) {
    guard let request = PulseRequest<AudioDevice>.from(userdata) else { return }
    if let info, eol == 0 { request.add(AudioDevice(info.pointee)) }
    if eol != 0 { request.finish(succeeded: eol > 0) }
}

private func onServerInfo(
    _ context: OpaquePointer?, _ info: UnsafePointer<pa_server_info>?,
    _ userdata: UnsafeMutableRawPointer?
) {
    guard let request = PulseRequest<DeviceRegistry.ServerSelf>.from(userdata) else { return }
    if let info = info?.pointee {
        request.add(
            DeviceRegistry.ServerSelf(
                name: string(info.server_name), version: string(info.server_version),
                user: string(info.user_name), defaultSink: string(info.default_sink_name),
                defaultSource: string(info.default_source_name)))
    }
    request.finish(succeeded: info != nil)
}
