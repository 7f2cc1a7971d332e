import EventLoop
import Testing

@testable import TransportHosting

/// Hosts that should be gone, as the watchdog hears of them.
@Suite struct RunningHostTests {
    init() { EventLoop.startThread() }

    /// Real hosts whose ends are told when the test says so.
    @LoopActor private final class LateLauncher: HostLauncher {
        private let launcher: SpawnerLauncher
        let ends = Record<@LoopActor () -> Void>()

        init(_ spawner: Spawner) { launcher = SpawnerLauncher(spawner) }

        func launch(
            name: String, plugin file: FileDescriptor, readable: [FileDescriptor],
            onExit: @escaping @LoopActor (HostExit) -> Void
        ) throws(HostLaunchError) -> LaunchedHost {
            try launcher.launch(name: name, plugin: file, readable: readable) { [ends] exit in
                ends.add { onExit(exit) }
            }
        }

        func ended(_ count: Int) async throws {
            try await ends.first { [ends] _ in ends.all.count >= count }
        }

        func tellEnds() {
            for end in ends.all { end() }
            ends.clear()
        }
    }

    @LoopActor @Test func hostsThatShouldBeGoneAreAwaitedAndNoneStandsForAnother() async throws {
        let workshop = try Workshop()
        try workshop.install(Workshop.fixture("hostile"), as: "hostile.so")
        let launcher = LateLauncher(try Spawner(program: try HostProgram.find()))
        let events = Record<CatalogueEvent>()
        let hosting = TransportHosting(
            launcher: launcher, directories: [TransportDirectory(workshop.transports)],
            cacheDirectory: workshop.cache, log: { _, _, _ in }, onEvent: { events.add($0) })
        hosting.beginProbing()
        try await events.first { if case .added = $0 { true } else { false } }
        #expect(hosting.liveliness.map(\.isAwaited) == [true], "the one that looked into the file")
        #expect(hosting.liveliness[0].host.hasPrefix("probe hostile.so"))

        let witness = Witness()
        for count in 2...3 {
            let session = try hosting.open("hostile", delegate: witness)
            session.connect()
            try await witness.status(.connected)
            witness.events.clear()
            session.destroy()
            try await launcher.ended(count)
            #expect(hosting.liveliness.map(\.isAwaited) == Array(repeating: true, count: count))
        }
        #expect(Set(hosting.liveliness.map(\.host)).count == 3, "\(hosting.liveliness)")
        launcher.tellEnds()
        #expect(hosting.liveliness.isEmpty)
        hosting.stop()
    }
}
