import EventLoop
import Foundation
import PulseAudio
import SoundServer
import Testing

extension WithServers {
    /// With no stream, nothing runs: neither while connected nor while waiting for a server.
    @Suite struct Idle {
        /// Times that the pulse threads and the control thread of this process have been woken.
        func wakeUps(control: String) throws -> Int {
            var count = 0
            for task in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") {
                let name = try? String(
                    contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
                guard name == "pulse\n" || task == control else { continue }
                let status = try String(
                    contentsOfFile: "/proc/self/task/\(task)/status", encoding: .utf8)
                for line in status.split(separator: "\n") where line.contains("ctxt_switches") {
                    count += Int(line.split(separator: "\t").last ?? "") ?? 0
                }
            }
            return count
        }

        @LoopActor func controlThread() throws -> String {
            let link = try FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/thread-self")
            return link.split(separator: "/").last.map(String.init) ?? ""
        }

        @Test(arguments: Flavour.allCases, [true, false])
        func nothingWakesUp(_ flavour: Flavour, _ isServerRunning: Bool) async throws {
            let rig = try await Rig.start(flavour, isServerRunning: isServerRunning)
            try await eventually("it has settled") {
                isServerRunning ? rig.server.devices.isComplete : !rig.server.status.isConnected
            }
            let control = try await controlThread()
            try await Task.sleep(for: .milliseconds(500))
            let before = try wakeUps(control: control)
            try await Task.sleep(for: .seconds(2))
            let after = try wakeUps(control: control)
            #expect(after - before == 0)
            #expect(await rig.server.status.isConnected == isServerRunning)
        }
    }
}
