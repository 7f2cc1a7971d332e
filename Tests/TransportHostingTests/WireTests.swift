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
        private(set) var events = 0
        func host(_ host: HostProcess, loaded descriptor: TransportDescriptor) {}
        func host(_ host: HostProcess, created session: UInt32, isDone: Bool) {}
        func host(_ host: HostProcess, destroyed session: UInt32) {}
        func host(
            _ host: HostProcess, session: UInt32, audioPosition: UInt64, event: TransportEvent
        ) { events += 1 }
        func host(_ host: HostProcess, logged level: TransportLogLevel, _ text: String) {}
        func host(_ host: HostProcess, ended death: HostDeath, servedNs: UInt64?) {
            deaths.add(death)
        }
    }

    @LoopActor @Test(arguments: 0..<20)
    func noiseOnTheControlSocketKillsTheHostAndNothingElse(_ seed: Int) async throws {
        var dice = Dice(state: UInt64(seed))
        let launcher = FakeLauncher()
        let ending = Ending()
        let process = try Self.host(launcher, ending)
        let socket = try #require(launcher.host)
        for _ in 0..<20 {
            let packet = Self.noise(Int.random(in: 1...200, using: &dice), &dice)
            _ = packet.withUnsafeBytes { PacketSocket.send($0, to: socket.raw) }
        }
        let death = try await ending.deaths.first { _ in true }
        #expect(death.kind == .violation)
        #expect(process.descriptor == nil)
    }

    /// A host that introduced itself and whose headers are sane: what it says is looked at to the end.
    @LoopActor @Test(arguments: 0..<20)
    func noiseInTheBodiesOfMessagesIsReadAndRefused(_ seed: Int) async throws {
        var dice = Dice(state: UInt64(seed))
        let launcher = FakeLauncher()
        let ending = Ending()
        let process = try Self.host(launcher, ending)
        let socket = try #require(launcher.host)
        Self.send(Self.greeting, to: socket)
        // Unusable messages are told as events; the first that breaks the protocol ends the host.
        var isUsable = true
        var wanted = 0
        for turn in 0..<20 {
            // Whatever an event's body is, it is the plugin's doing: this one is always told.
            let kinds =
                turn == 0
                ? UInt16(PARLEY_WIRE_EVENT)...UInt16(PARLEY_WIRE_EVENT)
                : UInt16(PARLEY_WIRE_STATUS)...UInt16(PARLEY_WIRE_LOG)
            let header = WireHeader(
                kind: UInt16.random(in: kinds, using: &dice), session: 1, id: 1)
            let message = WireMessage(header)
            for byte in Self.noise(Int.random(in: 1...40, using: &dice), &dice) where byte > 0 {
                message.append(UInt32(byte))
            }
            if isUsable, let read = try? HostMessage(header, Array(message.body)) {
                switch read {
                case .event, .unusable: wanted += 1
                default: break
                }
            } else {
                isUsable = false
            }
            Self.send(message, to: socket)
        }
        Self.send(WireMessage(WireHeader(kind: 200, session: 1, id: 1)), to: socket)
        let death = try await ending.deaths.first { _ in true }
        #expect(process.descriptor?.id == "noise")
        #expect(death.kind == .violation)
        #expect(!death.reason.contains("version"), "\(death.reason)")
        #expect(wanted > 0 && ending.events == wanted)
    }

    @LoopActor private static func host(
        _ launcher: FakeLauncher, _ ending: Ending
    ) throws -> HostProcess {
        let file = FileDescriptor(owning: open("/dev/null", O_RDONLY | O_CLOEXEC))
        let process = try HostProcess(
            launcher: launcher, among: RunningHosts(), name: "noise", file: file)
        process.delegate = ending
        return process
    }

    private static func noise(_ count: Int, _ dice: inout Dice) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &dice) }
    }

    private static func send(_ message: WireMessage, to socket: FileDescriptor) {
        for packet in message.packets {
            _ = packet.withBytes { PacketSocket.send($0, to: socket.raw) }
        }
    }

    private static var greeting: WireMessage {
        let message = WireMessage(WireHeader(kind: UInt16(PARLEY_WIRE_HELLO)))
        message.append(UInt32(PARLEY_WIRE_VERSION))
        // The interface's version, and a process number.
        for number in [1, 2, 0] as [UInt32] { message.append(number) }
        message.append(
            #"{"id":"noise","name":"Noise","version":"1.0.0","maxSessionS":0,"capabilities":"0","#
                + #""formatsIn":[[1,24000]],"formatsOut":[[1,24000]]}"#)
        return message
    }

    @Test func whatIsShownToPeopleIsOneLineWithALimit() throws {
        let text = "no\u{1b}[31m\nway\u{2028}" + String(repeating: "\u{e9}", count: 40_000)
        let refusal = WireMessage(WireHeader(kind: UInt16(PARLEY_WIRE_REFUSED)))
        refusal.append(text)
        guard case .refused(let reason) = try HostMessage(refusal.header, Array(refusal.body))
        else {
            Issue.record("it is a refusal")
            return
        }
        #expect(reason.hasPrefix("no [31m way \u{e9}"))
        #expect((4_095...4_096).contains(reason.utf8.count))
        let event = WireMessage(WireHeader(kind: UInt16(PARLEY_WIRE_STATISTICS), session: 1))
        event.append("{\u{1b}\n")
        guard case .unusable(_, let why) = try HostMessage(event.header, Array(event.body)) else {
            Issue.record("it is no JSON")
            return
        }
        #expect(!why.unicodeScalars.contains { $0.value < 0x20 }, "\(why)")
    }

    @Test func statisticsHaveALimit() throws {
        func read(_ bytes: Int) throws -> HostMessage {
            let message = WireMessage(WireHeader(kind: UInt16(PARLEY_WIRE_STATISTICS), session: 1))
            message.append("{\"x\":\"\(String(repeating: "x", count: bytes - 8))\"}")
            return try HostMessage(message.header, Array(message.body))
        }
        if case .event(_, _, .statistics) = try read(65_536) {} else { Issue.record("it is short") }
        if case .unusable = try read(65_537) {} else { Issue.record("it is long") }
    }
}
