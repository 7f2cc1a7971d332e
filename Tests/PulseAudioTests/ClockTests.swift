import EventLoop
import PulseAudio
import SoundServer
import Synchronization
import Testing

extension WithServers {
    /// The clock against what a monitor heard, and corrections of what is under way.
    @Suite struct Clock {
        struct Room {
            let rig: Rig
            let mouth: Mouth
            let ear: Ear

            /// Whether the busy machine tore a hole into the sound.
            var isDisturbed: Bool {
                get async {
                    let (mouth, ear) = (mouth, ear)
                    return await Task { @LoopActor in mouth.isDisturbed || ear.isDisturbed }.value
                }
            }
        }

        /// A speaker, and an ear at its monitor.
        func room(_ flavour: Flavour) async throws -> Room {
            let rig = try await Rig.start(flavour)
            let mouth = await rig.speaker()
            let ear = await rig.microphone(["speaker.monitor"])
            try await eventually("both run") {
                mouth.isRunning && ear.isRunning && !ear.thread.heard.isEmpty
            }
            try await Task.sleep(for: .milliseconds(300))
            return Room(rig: rig, mouth: mouth, ear: ear)
        }

        @Test(arguments: Flavour.allCases)
        func heardPositionIsWhatTheMonitorHears(_ flavour: Flavour) async throws {
            try await undisturbed { try await measureHeardPosition(flavour) }
        }

        /// - Returns: the devices, which tell whether the machine let them work.
        func measureHeardPosition(_ flavour: Flavour) async throws -> Room? {
            let room = try await room(flavour)
            let line = try #require(await room.mouth.device.line)
            let noise = Signal.noise(seconds: 3)
            room.ear.thread.state.withLock { $0.probe = line }
            room.mouth.thread.say(noise)
            try await eventually("all was said") {
                room.mouth.thread.state.withLock { $0.queue.isEmpty }
            }
            try await Task.sleep(for: .milliseconds(300))
            if await room.isDisturbed { return nil }
            let (heard, probes) = room.ear.thread.state.withLock { ($0.heard, $0.probes) }
            let start = try #require(room.mouth.thread.state.withLock { $0.queueStart })
            let match = try #require(Signal.find(noise, in: heard))
            #expect(match.snr > 40, "\(match)")
            // Errors in ms: the clock less the position that the monitor heard, at the same moment.
            let errors = probes.filter {
                $0.captured > match.delay && $0.captured < match.delay + noise.count
            }
            .map { probe -> Double in
                let monitor =
                    Double(start + probe.captured - match.delay)
                    + Double(probe.nowNs - probe.newestNs) * 48e-6
                return (Double(probe.clock) - monitor) / 48
            }.sorted()
            try #require(errors.count > 50)
            let worst = errors.map { abs($0) }.sorted()[errors.count * 99 / 100]
            let ages = probes.map { Double($0.nowNs - $0.newestNs) / 1e6 }.sorted()
            let sizes = zip(probes.dropFirst(), probes).map { $0.captured - $1.captured }.sorted()
            let figures = await room.mouth.device.status.stream
            print(
                "MEASURE \(flavour): heard position error ms: median \(errors[errors.count / 2]), "
                    + "p99 of the size \(worst); capture: age of the newest sample ms: median "
                    + "\(ages[ages.count / 2]), p99 \(ages[ages.count * 99 / 100]); block: median "
                    + "\(sizes[sizes.count / 2]); playback: asked \(figures.requestedMs) ms, "
                    + "latency \(figures.latencyMs) ms")
            #expect(worst < 10)
            return room
        }

        @Test(arguments: Flavour.allCases)
        func correctionSilencesWhatIsUnderWay(_ flavour: Flavour) async throws {
            try await undisturbed { try await measureCorrection(flavour) }
        }

        func measureCorrection(_ flavour: Flavour) async throws -> Room? {
            let room = try await room(flavour)
            for round in 1...5 {
                let noise = Signal.noise(seconds: 1, seed: UInt64(round))
                room.ear.thread.forget()
                room.mouth.thread.say(noise)
                try await eventually("some was said") {
                    room.mouth.thread.state.withLock { $0.queue.count < 30_000 }
                }
                room.mouth.thread.silence(after: 192)
                try await Task.sleep(for: .milliseconds(500))
                if await room.isDisturbed { return nil }
                let heard = room.ear.thread.heard
                let (start, cut) = room.mouth.thread.state.withLock { ($0.queueStart, $0.cut) }
                let match = try #require(Signal.find(Array(noise[..<9_600]), in: heard))
                #expect(match.snr > 40, "\(match)")
                let last = heard.lastIndex { abs($0) > 1e-4 } ?? 0
                let made = try #require(cut)
                let lastPosition = last - match.delay + (start ?? 0)
                let lateMs = Double(Int64(lastPosition) - made.heard) / 48
                let without = Double(made.end - made.heard) / 48
                print(
                    "MEASURE \(flavour): sound ends \(lateMs) ms after the heard position, asked 4 ms, "
                        + "without a correction \(without) ms")
                #expect(lateMs < 10)
                // What follows joins it: the line's positions and the server's are still the same.
            }
            let noise = Signal.noise(seconds: 0.5, seed: 99)
            room.ear.thread.forget()
            room.mouth.thread.say(noise)
            try await Task.sleep(for: .milliseconds(900))
            if await room.isDisturbed { return nil }
            let match = try #require(Signal.find(noise, in: room.ear.thread.heard))
            #expect(match.snr > 40, "\(match)")
            return room
        }
    }
}
