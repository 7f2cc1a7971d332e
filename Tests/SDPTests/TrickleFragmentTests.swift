import SDP
import Testing

@Suite struct TrickleFragmentTests {
    private let candidate = Candidate(
        foundation: "1", priority: 2_130_706_431, address: "192.0.2.1", port: 4_000)

    @Test func aFragmentIsWrittenAndReadAgain() throws {
        let fragment = TrickleFragment(
            userNameFragment: "EsAw", password: "P2uYro0UCOQ4zxjKXaWCBui1", mid: "0",
            candidates: [candidate], ended: true, bundle: ["0", "1"])
        #expect(
            fragment.text == """
                a=group:BUNDLE 0 1\r
                a=ice-ufrag:EsAw\r
                a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r
                m=audio 9 RTP/AVP 0\r
                a=mid:0\r
                a=candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host\r
                a=end-of-candidates\r

                """)
        let again = try TrickleFragment(parsing: fragment.text)
        #expect(again == fragment)
        #expect(again.allCandidates == [candidate])
        #expect(again.endsAllCandidates)
        #expect(again.credentials?.userNameFragment == "EsAw")
        #expect(again.sections.first?.mid == "0")
    }

    @Test func whatServersAnswerToARestartIsRead() throws {
        let fragment = try TrickleFragment(
            parsing: """
                a=ice-lite
                a=ice-options:trickle ice2
                m=audio 9 UDP/TLS/RTP/SAVPF 111
                a=mid:0
                a=ice-ufrag:289b31b754eaa438
                a=ice-pwd:0b66f472495ef0ccac7bda653ab6be49ea13114472a5d10a
                a=candidate:1 1 udp 2130706431 198.51.100.1 39132 typ host
                a=end-of-candidates

                """)
        #expect(fragment.isICELite)
        #expect(fragment.credentials?.userNameFragment == "289b31b754eaa438")
        #expect(fragment.allCandidates.map(\.port) == [39_132])
    }

    @Test func faultsNameTheLine() {
        let fault = #expect(throws: DescriptionFault.self) {
            _ = try TrickleFragment(parsing: "a=mid:0\na=ice-ufrag:x\n")
        }
        #expect(fault?.line == 2)
        #expect(throws: DescriptionFault.self) {
            _ = try TrickleFragment(parsing: [UInt8](repeating: 97, count: 70_000))
        }
    }
}
