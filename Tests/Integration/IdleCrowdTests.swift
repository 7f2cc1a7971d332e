import Control
import Foundation
import Glibc
import JSON
import Testing

/// One user holds on to every socket as often as he can; others are served all the same. Only root can
/// become somebody else.
@Suite(.serialized, .enabled(if: getuid() == 0)) struct IdleCrowdTests {
    @Test(arguments: ["control.sock", "monitor.sock", "audio.sock", "metrics.sock"])
    func aThousandIdleConnectionsOfOneUserLeaveOthersServed(_ socket: String) throws {
        let daemon = try DaemonUnderTest()
        try SocketAccessTests().openFiles(of: daemon)
        let path = "\(daemon.runtimeDirectory)/\(socket)"
        var crowd: [CInt] = []
        defer { for fd in crowd { close(fd) } }
        try SocketAccessTests.acting(as: 70_001) {
            for _ in 0..<1_000 { crowd.append(try connect(path)) }
        }
        #expect(crowd.count == 1_000)
        // A few times, while the crowd holds its places and after they were taken away.
        var times: [Duration] = []
        for _ in 0..<20 {
            let began = ContinuousClock.now
            let client = try SocketAccessTests.acting(as: 70_002) { try daemon.client() }
            #expect(try client.call("gateway.info")["product"] == "parley")
            times.append(ContinuousClock.now - began)
        }
        let median = times.sorted()[times.count / 2]
        #expect(median < .milliseconds(50), "\(times)")
        // The daemon holds what he may have, and no more.
        let pid = daemon.process.processIdentifier
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
        #expect(open < 120, "\(open) descriptors")
        #expect(daemon.log.contains("accepted again") == false)
    }

    private func connect(_ path: String) throws -> CInt {
        let fd = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(fd >= 0 && result == 0, "errno \(errno)")
        return fd
    }
}
