import PulseAudio
import SoundServer
import Testing

/// One stream for a device, whatever lists lead to it.
extension WithServers {
    @Suite struct Sharing {
        /// Streams of ours that play, by the server's count.
        private func streams(_ rig: Rig) throws -> Int {
            try rig.sound.pactl("list", "short", "sink-inputs").split(separator: "\n").count
        }

        /// Its sound would wait behind what others are sent.
        @Test(arguments: Flavour.allCases)
        func eachMicrophoneHasAConnectionOfItsOwn(_ flavour: Flavour) async throws {
            let rig = try await Rig.start(flavour)
            let mouth = await rig.speaker()
            let ears = [await rig.microphone(), await rig.microphone(["speaker.monitor"])]
            try await eventually("all run") { mouth.isRunning && ears.allSatisfy(\.isRunning) }
            let clients = try ["sink-inputs", "source-outputs"].flatMap { kind in
                try rig.sound.pactl("list", "short", kind).split(separator: "\n").map {
                    $0.split(separator: "\t", omittingEmptySubsequences: false)[2]
                }
            }
            .filter { $0 != "-" }  // of the server's own
            #expect(clients.count == 3 && Set(clients).count == 3, "\(clients)")
        }

        @Test func twoListsThatComeToOneDeviceShareItsStream() async throws {
            let rig = try await Rig.start(.pulseAudio)
            let one = await rig.speaker(["speaker"])
            let two = await rig.speaker(["no-such*", "spea*"])
            try await eventually("both run") { one.isRunning && two.isRunning }
            #expect(await one.device.device === two.device.device)
            #expect(try streams(rig) == 1)
        }

        @Test func whenABetterDeviceComesOnlyItsListGoesThere() async throws {
            let rig = try await Rig.start(.pulseAudio)
            let stays = await rig.speaker(["speaker"])
            let goes = await rig.speaker(["better", "speaker"])
            try await eventually("both run") { stays.isRunning && goes.isRunning }
            let linesBefore = await stays.lines
            let module = try rig.sound.load("module-null-sink", "sink_name=better")
            try await eventually("the better one is taken") {
                goes.device.status.device == "better" && goes.isRunning
            }
            #expect(await stays.device.status.device == "speaker")
            #expect(await stays.lines == linesBefore)
            #expect(await stays.device.status.outages == 0)
            #expect(try streams(rig) == 2)
            _ = try rig.sound.pactl("unload-module", module)
            try await eventually("it falls back") {
                goes.device.status.device == "speaker" && goes.isRunning
            }
            #expect(await goes.device.device === stays.device.device)
            try await eventually("one stream is left") { (try? streams(rig)) == 1 }
        }

        @Test func theStreamClosesWithItsLastHolder() async throws {
            let rig = try await Rig.start(.pulseAudio)
            var one: Mouth? = await rig.speaker(["speaker"])
            let two = await rig.speaker(["spea*"])
            try await eventually("both run") { two.isRunning }
            one = nil
            #expect(one == nil)
            #expect(try streams(rig) == 1)
            #expect(await two.isRunning)
        }
    }
}
