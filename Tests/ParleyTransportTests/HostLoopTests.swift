import FakeTransportHost
import ParleyTransport
import Testing

@Suite struct HostLoopTests {
    @TransportActor private var loop: HostLoop? { ProbeTransport.last?.host.loop }

    @Test func `a timer fires once for each arming, at its time`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            try TransportActor.assumeIsolated {
                let loop = try #require(loop)
                var fired = 0
                let timer = loop.timer { fired += 1 }
                timer.arm(afterNs: 5_000_000)
                host.advance(ms: 4)
                #expect(fired == 0)
                #expect(timer.isArmed)
                host.advance(ms: 10)
                #expect(fired == 1)
                #expect(!timer.isArmed)
                timer.arm(after: .milliseconds(3))
                timer.arm(after: .milliseconds(8))
                host.advance(ms: 5)
                #expect(fired == 1)
                host.advance(ms: 5)
                #expect(fired == 2)
                timer.arm(afterNs: 1)
                timer.cancel()
                host.advance(ms: 5)
                #expect(fired == 2)
            }
        }
    }

    @Test func `a released timer never fires`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            try TransportActor.assumeIsolated {
                var timer = try #require(loop).timer { Issue.record("it fired") }
                timer.arm(afterNs: 1000)
                timer = try #require(loop).timer {}
                host.advance(ms: 5)
                #expect(!host.hasTimers)
            }
        }
    }

    @Test func `a watch is called until it is cancelled`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            try TransportActor.assumeIsolated {
                var seen: [HostLoop.Readiness] = []
                let watch = try #require(loop).watch(7, for: .read) { seen.append($0) }
                host.makeReady(7, 1)
                #expect(seen == [.read])
                watch.cancel()
                #expect(!host.isWatched(7))
            }
        }
    }

    @Test func `jobs and tasks run on the host's thread`() throws {
        try FakeTransportHost.with(ProbeTransport.self) { host in
            try TransportActor.assumeIsolated {
                let probe = try #require(ProbeTransport.last)
                probe.host.post { ProbeTransport.last?.received.append([1]) }
                Task { @TransportActor in ProbeTransport.last?.received.append([2]) }
                #expect(probe.received.isEmpty)
                host.runPosts()
                #expect(probe.received == [[1], [2]])
            }
        }
    }
}
