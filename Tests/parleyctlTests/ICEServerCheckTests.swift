import Configuration
import Glibc
import JSON
import Testing

@testable import parleyctl

@Suite("The doctor asks STUN and TURN servers")
struct ICEServerCheckTests {
    @Test(
        "addresses of STUN and TURN servers",
        arguments: [
            ("stun:stun.example.org", "stun.example.org", 3_478, ICEServerAddress.Carrier.udp),
            ("turn:10.0.0.1:4000?transport=tcp", "10.0.0.1", 4_000, .tcp),
            ("turn:[fd00::1]:99?transport=udp", "[fd00::1]", 99, .udp),
            ("turns:turn.example.org", "turn.example.org", 5_349, .tls),
        ])
    func serversOfICE(
        _ url: String, _ host: String, _ port: Int, _ carrier: ICEServerAddress.Carrier
    )
        throws
    {
        let server = try #require(ICEServerAddress(url))
        #expect(server.host == host && server.port == port && server.carrier == carrier)
        #expect("\(server)" == url)
    }

    @Test(
        "what is no address of such a server",
        arguments: [
            "", "stun", "stun:", "http://a", "turn:a:0", "turn:a:x", "turn:[fd00::1]x",
            "turn::3478",
        ])
    func noServersOfICE(_ url: String) { #expect(ICEServerAddress(url) == nil) }

    @Test("each server of ICE is asked in its way, once")
    func iceServers() throws {
        let settings = try Settings.parse(
            """
            version = 1
            [transports.webrtc]
            stunServers = ["stun:a.example:1"]
            turnServers = ["turn:b.example:2", "turns:c.example:3", "turns:c.example:3"]
            """)
        let fake = try FakeMachine()
        var machine = fake.machine
        machine.askSTUN = { server in
            server.host == "a.example" ? .reached(address: "10.0.0.1") : .unreachable("silence")
        }
        machine.reach = { endpoint, authorities in
            #expect("\(endpoint)" == "wss://c.example:3")
            return authorities == "/etc/ca.pem" ? .reached(address: "10.0.0.3") : .untrusted("why")
        }
        let findings = ICEServerCheck(settings: settings).findings(machine)
        #expect(grades(findings) == [.good, .problem, .problem])
        #expect(findings.last?.remedy?.words?.contains("turnCaFile") == true)
        var trusting = settings
        trusting.transports[0].options["turnCaFile"] = "/etc/ca.pem"
        #expect(
            grades(ICEServerCheck(settings: trusting).findings(machine)) == [
                .good, .problem, .good,
            ])
    }

    /// Answers each datagram, the first with something else; or with nothing but garbage.
    @Test(
        "a server of ICE on this machine: there, talking of something else, and gone",
        arguments: [true, false])
    func stun(_ speaksSTUN: Bool) throws {
        let server = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(server, $0, size) == 0 ? getsockname(server, $0, &size) : -1
            }
        }
        try #require(result == 0)
        let url = "stun:127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        let asked = try #require(ICEServerAddress(url))
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                let server = CInt(Int(bitPattern: context) >> 1)
                for round in 0..<(Int(bitPattern: context) & 1 == 1 ? 2 : 3) {
                    var message = [UInt8](repeating: 0, count: 64)
                    var from = sockaddr_in()
                    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
                    withUnsafeMutablePointer(to: &from) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { from in
                            let count = recvfrom(server, &message, 64, 0, from, &size)
                            // A question of 20 bytes, whose answer begins alike; another's at first.
                            message[0] = 1
                            message[19] ^= round == 0 ? 0xFF : 0
                            if Int(bitPattern: context) & 1 == 0 { message[1] = 0x22 }
                            _ = sendto(server, message, count, 0, from, size)
                        }
                    }
                }
                return nil
            }, UnsafeMutableRawPointer(bitPattern: Int(server) << 1 | (speaksSTUN ? 1 : 0)))
        let reach = STUNProbe.ask(asked)
        pthread_join(thread, nil)
        close(server)
        if speaksSTUN {
            #expect(reach == .reached(address: "127.0.0.1"))
        } else {
            #expect(reach == .unreachable("127.0.0.1: no answer to 3 questions by UDP"))
        }
        #expect(STUNProbe.ask(asked) == .unreachable("127.0.0.1: Connection refused"))
    }
}
