import EventLoop
import Glibc
import PulseAudio
import SoundServer
import Synchronization
import Testing

/// Devices come back, whatever happened to them. Sound is checked, not only states.
extension WithServers {
    @Suite struct Healing {
        /// Both directions work: what `room` plays is heard, what is said is in the speaker's
        /// monitor.
        func expectSound(
            _ rig: Rig, _ ear: Ear, _ mouth: Mouth, monitor: String = "speaker.monitor",
            room: String = "room"
        ) async throws {
            let noise = Signal.noise(seconds: 0.4, seed: 7)
            ear.thread.forget()
            let playing = try rig.sound.play(noise, on: room)
            let recording = try rig.sound.record(monitor)
            mouth.thread.say(noise)
            try await eventually("all was said") {
                mouth.thread.state.withLock { $0.queue.isEmpty }
            }
            playing.wait()
            let middle = Array(noise[4_800..<14_400])
            for _ in 0..<40 where ear.thread.heard.count < 28_800 {
                try await Task.sleep(for: .milliseconds(25))
            }
            let captured = try #require(Signal.find(middle, in: ear.thread.heard))
            #expect(captured.snr > 30, "captured \(captured)")
            var played: Signal.Match?
            for _ in 0..<20 {
                played = Signal.find(middle, in: recording.samples)
                if let played, played.snr > 30 { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect((played?.snr ?? 0) > 30, "played \(String(describing: played))")
            _ = recording.stop()
        }

        @Test(arguments: Flavour.allCases)
        func killedServerTenTimes(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            let ear = await rig.microphone()
            let mouth = await rig.speaker()
            try await eventually("both run") { ear.isRunning && mouth.isRunning }
            var worstMs = 0.0
            for round in 1...10 {
                rig.sound.kill9()
                try await eventually("the loss of round \(round) is noticed", within: .seconds(1)) {
                    !ear.isRunning && !mouth.isRunning
                }
                try rig.sound.start()
                let acceptedNs = MonotonicClock.nowNs
                try await eventually("round \(round) is back", within: .seconds(3)) {
                    ear.isRunning && mouth.isRunning
                }
                worstMs = max(worstMs, Double(MonotonicClock.nowNs - acceptedNs) / 1e6)
            }
            #expect(worstMs < 1000)
            print("\(flavour): back at most \(worstMs) ms after the server served")
            try await expectSound(rig, ear, mouth)
            let status = await rig.server.status
            #expect(status.outages == 10)
            #expect(status.totalOutageMs > 0)
            #expect(await ear.device.status.outages == 10)
        }

        @Test(arguments: Flavour.allCases)
        func serverComesLater(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour, isServerRunning: false)
            let ear = await rig.microphone()
            let mouth = await rig.speaker()
            try await eventually("it says that there is none") {
                rig.server.status.summary.contains("no sound server at")
            }
            #expect(await ear.device.status.summary.contains("no sound server"))
            try rig.sound.start()
            try await eventually("both run", within: .seconds(2)) {
                ear.isRunning && mouth.isRunning
            }
            try await expectSound(rig, ear, mouth)
        }

        @Test(arguments: Flavour.allCases)
        func hungServerIsLeftAndFoundAgain(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            let ear = await rig.microphone()
            let mouth = await rig.speaker()
            try await eventually("sound comes") { !ear.thread.heard.isEmpty && mouth.isRunning }
            rig.sound.freeze()
            try await eventually("the silence is noticed", within: .seconds(1)) { !ear.isRunning }
            try await eventually("the hang is noticed", within: .seconds(4)) {
                rig.server.status.hangs == 1
            }
            rig.sound.thaw()
            try await eventually("both are back", within: .seconds(3)) {
                ear.isRunning && mouth.isRunning
            }
            try await expectSound(rig, ear, mouth)
        }

        @Test(arguments: Flavour.allCases)
        func betterDeviceIsTakenAndTakenBack(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            let mouth = await rig.speaker(["jabra*", "speaker"])
            let ear = await rig.microphone(["jabra_source", "microphone"])
            try await eventually("the second choice") {
                mouth.device.status.state == .running(device: "speaker")
                    && ear.device.status.state == .running(device: "microphone")
            }
            for _ in 1...3 {
                let sink = try rig.sound.load("module-null-sink", "sink_name=jabra_sink")
                try await eventually("the better one", within: .seconds(2)) {
                    mouth.device.status.state == .running(device: "jabra_sink")
                }
                try rig.sound.pactl("unload-module", sink)
                try await eventually("back on the second choice", within: .seconds(2)) {
                    mouth.device.status.state == .running(device: "speaker")
                }
            }
            try await expectSound(rig, ear, mouth)
        }

        /// A device that is gone stays in sight while its return is awaited, and what it counted stays in
        /// the sum when nobody knows it any more.
        @Test func lossesOutliveTheirDevice() async throws {
            let rig = try await Rig.start(.pulseAudio)
            let pool = rig.pool
            let outageNs = try await loseAndLeave(rig)
            try await eventually("nobody is left") {
                pool.playbackDevices.isEmpty && pool.playbackCounters.outages == 1
            }
            #expect(await pool.playbackCounters.outageNs >= outageNs)
        }

        /// - Returns: for how long the first choice was away when its user let go of it.
        private func loseAndLeave(_ rig: Rig) async throws -> Int {
            let jabra = try rig.sound.load("module-null-sink", "sink_name=jabra_sink")
            let mouth = await rig.speaker(["jabra*", "speaker"])
            try await eventually("the first choice") {
                mouth.device.status.state == .running(device: "jabra_sink")
            }
            try rig.sound.pactl("unload-module", jabra)
            try await eventually("the second choice") {
                mouth.device.status.state == .running(device: "speaker")
            }
            let pool = rig.pool
            try await eventually("both are known") {
                pool.playbackDevices.map(\.name) == ["jabra_sink", "speaker"]
                    && pool.playbackDevices[0].state.device == nil
            }
            let counters = await pool.playbackCounters
            #expect(counters.outages == 1 && counters.outageNs > 0, "it goes on")
            return counters.outageNs
        }

        @Test(arguments: Flavour.allCases)
        func defaultIsFollowed(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            try rig.sound.pactl("set-default-sink", "speaker")
            let mouth = await rig.speaker(["default"])
            try await eventually("the default") {
                mouth.device.status.state == .running(device: "speaker")
            }
            try rig.sound.pactl("set-default-sink", "room")
            try await eventually("the new default", within: .seconds(2)) {
                mouth.device.status.state == .running(device: "room")
            }
        }

        @Test(arguments: Flavour.allCases)
        func explicitChoiceStaysWhenTheDefaultChanges(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            try rig.sound.pactl("set-default-sink", "speaker")
            let mouth = await rig.speaker(["speaker"])
            try await eventually("it runs") { mouth.isRunning }
            try rig.sound.pactl("set-default-sink", "room")
            try await eventually("the default is known") {
                rig.server.devices.device(.sink, named: "room")?.isDefault == true
            }
            try await Task.sleep(for: .milliseconds(300))
            try await eventually("on the chosen one") {
                mouth.device.status.state == .running(device: "speaker")
            }
        }

        @Test(arguments: Flavour.allCases)
        func killedStreamsAreMadeAgain(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            let ear = await rig.microphone()
            let mouth = await rig.speaker()
            try await eventually("both run") { ear.isRunning && mouth.isRunning }
            let input = try rig.sound.pactl("list", "short", "sink-inputs").split(separator: "\t")[
                0]
            let output = try #require(
                try rig.sound.pactl("list", "source-outputs").split(separator: "Source Output #")
                    .first { $0.contains("Parley") }?.prefix { $0.isNumber })
            try rig.sound.killStream(String(input), isPlayback: true)
            try rig.sound.killStream(String(output), isPlayback: false)
            try await eventually("both are new", within: .seconds(2)) {
                mouth.lines == 2 && ear.lines == 2 && ear.isRunning && mouth.isRunning
            }
            try await expectSound(rig, ear, mouth)
            #expect(await rig.server.status.outages == 0)
        }

        @Test(arguments: Flavour.allCases)
        func aMoveByAnotherProgramIsKept(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            let mouth = await rig.speaker()
            try await eventually("it runs") { mouth.isRunning }
            let input = try rig.sound.pactl("list", "short", "sink-inputs").split(separator: "\t")[
                0]
            try rig.sound.pactl("move-sink-input", String(input), "room")
            try await eventually("the move is known", within: .seconds(2)) {
                mouth.device.status.state == .running(device: "room")
            }
            #expect(await mouth.lines == 1)
            #expect(await mouth.device.status.stream.moves == 1)
        }

        @Test func suspendedSourceIsTheReason() async throws {
            let rig = try await Rig.start(.pulseAudio)
            let ear = await rig.microphone()
            try await eventually("sound comes") { !ear.thread.heard.isEmpty }
            let second = await Ear(ear.device)
            try rig.sound.pactl("suspend-source", "microphone", "1")
            try await eventually("it is said") {
                ear.device.status.state == .suspended(device: "microphone")
            }
            try await Task.sleep(for: .milliseconds(800))
            #expect(await ear.device.status.stalls == 0)
            try rig.sound.pactl("suspend-source", "microphone", "0")
            try await eventually("it runs again") {
                ear.device.status.state == .running(device: "microphone")
            }
            ear.thread.forget()
            // A line is told once, however often the state changes.
            #expect(await ear.lines == 1)
            #expect(await second.lines == 1)
            second.thread.end()
            try await eventually("sound comes again") { !ear.thread.heard.isEmpty }
        }

        @Test func silentSourceIsNoticedWithinASecond() async throws {
            let rig = try await Rig.start(.pulseAudio)
            let path = "\(rig.sound.directory)/pipe"
            _ = try rig.sound.load(
                "module-pipe-source", "source_name=pipe", "file=\(path)", "rate=48000",
                "channels=1",
                "format=float32le")
            let writer = open(path, O_WRONLY | O_CLOEXEC)
            defer { close(writer) }
            let ear = await rig.microphone(["pipe"])
            try await eventually("it runs") { ear.isRunning }
            let block = [Float](repeating: 0.1, count: 480)
            for _ in 0..<100 {
                _ = block.withUnsafeBytes { write(writer, $0.baseAddress, $0.count) }
                try await Task.sleep(for: .milliseconds(5))
                if ear.thread.heard.count > 4_800 { break }
            }
            try await eventually("sound came") { !ear.thread.heard.isEmpty }
            try await eventually("the silence is noticed", within: .seconds(1)) {
                ear.device.status.stalls == 1
            }
            #expect(await ear.statuses.contains { "\($0)".contains("stopped without an error") })
            try await eventually("it is rebuilt", within: .seconds(1)) { ear.lines == 2 }
        }

        @Test(arguments: Flavour.allCases)
        func streamVolumeAndMuteOutliveTheServer(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            let mouth = await rig.speaker()
            try await eventually("it runs") { mouth.isRunning }
            let input = try rig.sound.pactl("list", "short", "sink-inputs").split(separator: "\t")[
                0]
            try rig.sound.pactl("set-sink-input-volume", String(input), "50%")
            try rig.sound.pactl("set-sink-input-mute", String(input), "1")
            let speaker = try #require(await rig.server.devices.device(.sink, named: "speaker"))
            await rig.server.setVolume(speaker, 0.75)
            try await eventually("the volume is known") {
                rig.server.devices.device(.sink, named: "speaker")?.volume == 0.75
            }
            try await Task.sleep(for: .milliseconds(500))
            try rig.sound.restart()
            try await eventually("it runs again") { mouth.lines == 2 && mouth.isRunning }
            try await eventually("the sink is as before") {
                rig.server.devices.device(.sink, named: "speaker")?.volume == 0.75
            }
            try await eventually("the stream is as before", within: .seconds(2)) {
                let text = (try? rig.sound.pactl("list", "sink-inputs")) ?? ""
                return text.contains("Mute: yes") && text.contains(" 50% ")
            }
        }
    }
}
