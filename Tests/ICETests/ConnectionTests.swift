import FakeTransportHost
import Glibc
import ICE
import ParleyTransport
import Testing

@Suite struct ConnectionTests {
    @Test func `two agents connect and carry datagrams both ways`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            #expect(try pair.connect())
            #expect(pair.states[ObjectIdentifier(pair.one)]?.first == .checking)
            #expect(pair.one.send([1, 2, 3]))
            #expect(pair.other.send([4, 5]))
            #expect(host.run { pair.received.count == 2 })
            #expect(pair.received[ObjectIdentifier(pair.other)] == [[1, 2, 3]])
            #expect(pair.received[ObjectIdentifier(pair.one)] == [[4, 5]])
            let selected = try #require(pair.one.selectedPair)
            #expect(selected.local.kind == .host)
            #expect(selected.remote.address == "127.0.0.1")
            #expect(selected.local.port == pair.other.selectedPair?.remote.port)
        }
    }

    @Test func `nothing is sent before a pair works`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            #expect(!pair.one.send([1]))
        }
    }

    @Test func `a datagram of a stranger is dropped`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            #expect(try pair.connect())
            let local = try #require(pair.one.selectedPair?.local)
            let stranger = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
            defer { close(stranger) }
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = local.port.bigEndian
            target.sin_addr.s_addr = inet_addr("127.0.0.1")
            let sent = withUnsafePointer(to: target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(stranger, "garbage", 7, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(sent == 7)
            // What the peer sends later arrives, so what the stranger sent has been looked at.
            pair.other.send([7])
            #expect(host.run { pair.received[ObjectIdentifier(pair.one)] != nil })
            #expect(pair.received[ObjectIdentifier(pair.one)] == [[7]])
        }
    }

    @Test func `without a common candidate it fails`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            defer { pair.close() }
            pair.passes = { _ in false }
            try pair.exchangeCredentials()
            try pair.one.gather()
            try pair.other.gather()
            // Nobody listens at the discard port.
            pair.one.addRemote("candidate:1 1 UDP 2015363327 127.0.0.1 9 typ host")
            #expect(host.run(limitMs: 20_000) { pair.one.state == .failed })
        }
    }

    @Test func `TCP candidates carry data where UDP finds no way`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop) { $0.usesTCP = true }
            defer { pair.close() }
            pair.passes = { $0.transport == .tcp }
            #expect(try pair.connect())
            #expect(pair.one.selectedPair?.local.transport == .tcp)
            for index in 0..<50 { pair.one.send([UInt8](repeating: UInt8(index), count: 1_000)) }
            #expect(host.run { pair.received[ObjectIdentifier(pair.other)]?.count == 50 })
        }
    }

    @Test func `a closed agent leaves nothing behind on the loop`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let pair = try Pair(host, loop)
            #expect(try pair.connect())
            pair.close()
            #expect(pair.one.state == .closed)
            #expect(!host.hasTimers)
            #expect(!host.hasWatches)
        }
    }

    @Test func `one agent goes on when the session whose loop it ran on is gone`() throws {
        try FakeTransportHost.withLoop { host, loop in
            let context = ICEContext()
            var configuration = ICEConfiguration(role: .controlling)
            configuration.addresses = ["127.0.0.1"]
            let first = try ICEAgent(configuration, context: context, loop: loop)
            let pair = try Pair(host, loop, context: context)
            defer { pair.close() }
            #expect(try pair.connect())
            first.close()
            pair.one.send([1])
            #expect(host.run { pair.received[ObjectIdentifier(pair.other)] == [[1]] })
        }
    }
}
