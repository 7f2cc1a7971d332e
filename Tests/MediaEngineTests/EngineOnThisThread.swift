import AudioCore
import DeviceLines
import Opus

@testable import MediaEngine

/// An engine without its thread.
final class EngineOnThisThread {
    static let capture: UInt32 = 11
    static let playback: UInt32 = 12
    static let link: UInt32 = 10
    static let session: UInt32 = 1

    let engine: UnsafeMutablePointer<EngineThread>
    let host: FakeHost
    let meters = SessionMeters()
    private let channel = EngineChannel()

    init(host: FakeHost) {
        self.host = host
        engine = .allocate(capacity: 1)
        engine.initialize(to: EngineThread(channel: channel))
        addLink(Self.link, host)
    }

    deinit {
        engine.deinitialize(count: 1)
        engine.deallocate()
    }

    func addLink(_ number: UInt32, _ host: FakeHost) {
        command(.addLink, number, heap(HostLink(number: number, socket: host.daemonEnd)))
    }

    /// The host calls every session 1.
    func addSession(
        _ number: UInt32 = session, on link: UInt32 = link, meters: SessionMeters? = nil,
        format: AudioFormat, rateHz: Int, isStream: Bool
    ) throws {
        let media = SessionMedia(
            number: number, localRateHz: rateHz, isStream: isStream,
            meters: meters ?? self.meters)
        command(.addSession, number, heap(media))
        let opus = OpusEncoder.Settings()
        command(
            .setUplink, number,
            heap(try Uplink(localRateHz: rateHz, format: format, frameMs: 20, opus: opus)))
        command(
            .setDownlink, number,
            heap(try Downlink(localRateHz: rateHz, format: format, settings: DownlinkSettings())))
        command(.attachPeer, number, a: link, b: 1)
    }

    func bind(_ capture: CaptureLine, _ playback: PlaybackLine) {
        command(.addCapture, Self.capture, heap(CaptureFeed(number: Self.capture)))
        command(.addPlayback, Self.playback, heap(PlaybackFeed(number: Self.playback)))
        command(.setCaptureLine, Self.capture, retained(capture))
        command(.setPlaybackLine, Self.playback, retained(playback))
        command(.bind, Self.session, a: Self.capture, b: Self.playback)
    }

    func attach(_ program: StreamProgram) {
        let client = StreamClient(
            number: 2, socket: program.daemonEnd, rateHz: 24_000, writes: true, continuous: false)
        command(.attachClient, Self.session, heap(client))
    }

    private func command(
        _ kind: EngineCommand.Kind, _ number: UInt32, _ pointer: UInt = 0, a: UInt32 = 0,
        b: UInt32 = 0
    ) {
        _ = channel.commands.push(
            EngineCommand(kind: kind, number: number, a: a, b: b, pointer: pointer))
        engine.pointee.obeyCommands()
    }

    private func heap<Value: ~Copyable>(_ value: consuming Value) -> UInt {
        let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        pointer.initialize(to: value)
        return UInt(bitPattern: pointer)
    }

    private func retained(_ line: some AnyObject) -> UInt {
        UInt(bitPattern: Unmanaged.passRetained(line).toOpaque())
    }
}
