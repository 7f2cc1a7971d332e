import CParleyWire
import EventLoop
import Glibc
import Testing

@testable import TransportHosting

/// What a host may say: the daemon survives all of it.
@Suite struct WireTests {
    init() { EventLoop.startThread() }

    /// A small generator with a seed, so that a failure can be repeated.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    private static let kinds = UInt16(PARLEY_WIRE_HELLO)...UInt16(PARLEY_WIRE_BARRIER_PASSED)

    @Test func randomBodiesOfEveryKindAreReadOrRefused() {
        var dice = Dice(state: 1)
        for _ in 0..<20000 {
            let kind = UInt16.random(in: Self.kinds, using: &dice)
            let size = Int.random(in: 0...60, using: &dice)
            let body = (0..<size).map { _ in
                Bool.random(using: &dice)
                    ? UInt8.random(in: 0...3, using: &dice)
                    : UInt8.random(in: .min ... .max, using: &dice)
            }
            _ = try? HostMessage(WireHeader(kind: kind, session: 1, id: 1), body)
        }
    }

    @Test func aMessageIsCutIntoPartsAndPutTogether() throws {
        let message = WireMessage(WireHeader(kind: 70, session: 3, id: 9, audioPosition: 5))
        message.append(String(repeating: "x", count: 200_000))
        var assembler = MessageAssembler()
        let packets = message.packets
        #expect(packets.count == 4)
        #expect(packets.allSatisfy { $0.count <= Int(PARLEY_WIRE_MESSAGE_MAX) })
        var whole: [UInt8]?
        for packet in packets {
            #expect(whole == nil)
            let header = try WireHeader(packet.bytes)
            #expect(header.session == 3 && header.id == 9 && header.audioPosition == 5)
            whole = try assembler.take(
                header, UnsafeRawBufferPointer(rebasing: packet.bytes[WireHeader.size...]))
        }
        #expect(whole == Array(message.body))
    }

    @Test func partsHaveLimits() {
        let part = [UInt8](repeating: 0, count: 60000)
        #expect(throws: HostProtocolError.bodyTooLong) {
            var assembler = MessageAssembler()
            for _ in 0..<400 {
                _ = try part.withUnsafeBytes {
                    try assembler.take(WireHeader(kind: 70, session: 1, id: 1, hasMore: true), $0)
                }
            }
        }
        #expect(throws: HostProtocolError.tooManyParts) {
            var assembler = MessageAssembler()
            for id in 0..<20 as Range<UInt32> {
                _ = try part.withUnsafeBytes {
                    try assembler.take(WireHeader(kind: 70, session: 1, id: id, hasMore: true), $0)
                }
            }
        }
    }

    /// A host that is only a socket.
    @LoopActor private final class FakeLauncher: HostLauncher {
        private(set) var host: FileDescriptor?
        private var onExit: (@LoopActor (HostExit) -> Void)?

        func launch(
            name: String, plugin file: FileDescriptor, readable: [FileDescriptor],
            onExit: @escaping @LoopActor (HostExit) -> Void
        ) throws(HostLaunchError) -> LaunchedHost {
            let control = try PacketSocket.pair()
            let audio = try PacketSocket.pair()
            host = control.theirs
            self.onExit = onExit
            return LaunchedHost(control: control.ours, audio: audio.ours) { [weak self] in
                self?.onExit?(.signalled(SIGKILL))
                self?.onExit = nil
            }
        }
    }

    @LoopActor private final class Ending: HostProcessDelegate {
        let deaths = Record<HostDeath>()
        func host(_ host: HostProcess, loaded descriptor: TransportDescriptor) {}
        func host(_ host: HostProcess, created session: UInt32, isDone: Bool) {}
        func host(_ host: HostProcess, destroyed session: UInt32) {}
        func host(
            _ host: HostProcess, session: UInt32, audioPosition: UInt64, event: TransportEvent
        ) {}
        func host(_ host: HostProcess, logged level: TransportLogLevel, _ text: String) {}
        func host(_ host: HostProcess, ended death: HostDeath, servedNs: UInt64?) {
            deaths.add(death)
        }
    }

    @LoopActor @Test(arguments: 0..<40)
    func noiseOnTheControlSocketKillsTheHostAndNothingElse(_ seed: Int) async throws {
        var dice = Dice(state: UInt64(seed))
        let launcher = FakeLauncher()
        let ending = Ending()
        let file = FileDescriptor(owning: open("/dev/null", O_RDONLY | O_CLOEXEC))
        let process = try HostProcess(
            launcher: launcher, among: RunningHosts(), name: "noise", file: file)
        process.delegate = ending
        let socket = try #require(launcher.host)
        for _ in 0..<20 {
            var packet = (0..<Int.random(in: 1...200, using: &dice)).map { _ in
                UInt8.random(in: .min ... .max, using: &dice)
            }
            if packet.count > 24, Bool.random(using: &dice) {
                // A sane version, kind and flags, so that the body gets its turn.
                let kind = UInt8.random(in: 64...79, using: &dice)
                packet.replaceSubrange(0..<4, with: [UInt8(PARLEY_WIRE_VERSION), 0, kind, 0])
                packet.replaceSubrange(12..<16, with: [UInt8(kind & 1), 0, 0, 0])
            }
            _ = packet.withUnsafeBytes { PacketSocket.send($0, to: socket.raw) }
        }
        let death = try await ending.deaths.first { _ in true }
        #expect(death.kind == .violation || death.kind == .refused)
    }
}
