import SDP
import Testing

@Suite struct DescriptionFaultTests {
    private func fault(_ text: String) -> String {
        do throws(DescriptionFault) {
            _ = try SessionDescription(parsing: text)
            return "none"
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("a=ice-ufrag:4ZcD", "a=ice-ufrag:x y", "ice-ufrag:'x y'"),
        ("a=ice-pwd:2/1muCWoOi3uLifh0NuRHlmv", "a=ice-pwd:short", "ice-pwd"),
        ("a=mid:0", "a=mid:", "mid:''"),
        ("a=setup:actpass", "a=setup:maybe", "setup:'maybe'"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:300 opus/48000/2", "rtpmap:'300 opus"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus", "rtpmap"),
        ("a=sctp-port:5000", "a=sctp-port:70000", "sctp-port:'70000'"),
        ("a=max-message-size:262144", "a=max-message-size:-1", "max-message-size"),
        ("c=IN IP4 203.0.113.7", "c=IN IP5 1", "c='IN IP5 1'"),
        ("s=-", "q=-", "the letter q"),
        ("s=-", "nonsense", "'nonsense', not a letter"),
        ("s=-", "s=\u{7}", "no text"),
        ("s=-", "o=- 1 1 IN IP4 h", "second o="),
        (
            "m=application 54400 UDP/DTLS/SCTP webrtc-datachannel", "m=application",
            "m='application'"
        ),
        ("m=application 54400 UDP/DTLS/SCTP webrtc-datachannel", "m=application x y z", "port 'x'"),
        ("a=extmap-allow-mixed", "a=\(String(repeating: "x", count: 5_000))", "5002 bytes"),
    ])
    func faultsNameTheLineAndWhatIsWrong(from: String, to: String, reason: String) throws {
        let text = Descriptions.changed(Descriptions.browser, from, to)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0 == to }) + 1
        let fault = fault(text)
        #expect(fault.hasPrefix("Line \(line) of the session description"), "\(fault)")
        #expect(fault.contains(reason), "\(fault)")
        #expect(!fault.contains("short"), "a password is shown: \(fault)")
    }

    @Test func aFingerprintMustHaveTheLengthOfItsHash() {
        let fault = fault(
            Descriptions.changed(
                Descriptions.browser, "a=fingerprint:\(Descriptions.fingerprint)",
                "a=fingerprint:sha-256 AB:CD"))
        #expect(fault.contains("fingerprint:'sha-256 AB:CD'"))
    }

    @Test func whatIsNoDescriptionIsTold() {
        #expect(fault("") == "The session description is empty.")
        #expect(fault("v=1\n").contains("only 0"))
        #expect(fault("o=- 1 1 IN IP4 h\n").contains("Line 1"))
        #expect(fault("v=0\ns=-\n") == "The session description has no o= line.")
        #expect(fault("GET / HTTP/1.1\r\n").contains("not a letter"))
    }

    @Test func sizeIsLimited() throws {
        let megabyte = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 20)
        do throws(DescriptionFault) {
            _ = try SessionDescription(parsing: megabyte)
            Issue.record("a megabyte was read")
        } catch {
            #expect(
                error.description
                    == "The session description has 1048576 bytes; over 65536 are refused unread.")
        }
        let sections = String(repeating: "m=audio 9 RTP/AVP 0\n", count: 33)
        #expect(fault("v=0\no=- 1 1 IN IP4 h\n" + sections).contains("Line 35"))
    }

    @Test func binaryIsRefused() {
        #expect(throws: DescriptionFault.self) {
            _ = try SessionDescription(parsing: (0...255).map { UInt8($0) })
        }
        let start = Array("v=0\no=- 1 1 IN IP4 h\ns=".utf8)
        #expect(throws: DescriptionFault.self) {
            _ = try SessionDescription(parsing: start + [0xFF, 0xFE])
        }
        #expect(throws: DescriptionFault.self) {
            _ = try SessionDescription(parsing: start + [0])
        }
    }

    @Test func namesCantEndALineEarly() throws {
        var local = Descriptions.local
        local.audio.canonicalName = "x\r\na=setup:passive"
        var machine = OfferAnswer(local: local)
        let text = machine.makeOffer().text
        #expect(text.contains("cname:x  a=setup:passive\r\n"))
        #expect(try Descriptions.parse(text).sections[0].setup == .activeOrPassive)
    }
}
