import JSON
import Testing

@testable import parleyctl

@Suite("The doctor's findings say what, why and what to do")
struct FindingTests {
    @Test("a finding has the remedy below what is found, as a line for a shell")
    func lines() {
        let finding = Finding.problem("a", why: "b", remedy: Remedy("c", "d"))
        #expect(finding.lines == ["problem a", "        why: b", "        do:  c  # d"])
        #expect(
            finding.json == [
                "check": "", "grade": "problem", "what": "a", "why": "b", "remedy": "c  # d",
                "command": "c",
            ])
        let plain = Finding.problem("a", why: "b", remedy: "c")
        #expect(plain.lines.last == "        do:  c")
    }

    @Test("words of a shell")
    func words() {
        #expect(Remedy.word("/etc/parley/a-b_c.cred") == "/etc/parley/a-b_c.cred")
        #expect(Remedy.word("a b") == "'a b'")
        #expect(Remedy.word("it's") == #"'it'\''s'"#)
        #expect(Remedy.word("$(x)") == "'$(x)'")
        #expect(Remedy.word("") == "''")
    }
}
