import Testing

@testable import Control

@Suite struct LineBufferTests {
    private static func lines(_ text: String, chunk: Int) -> (lines: [String], pending: Int) {
        var buffer = LineBuffer()
        var lines: [String] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            bytes[start..<min(start + chunk, bytes.count)].withUnsafeBytes { buffer.append($0) }
            while let line = buffer.next() { lines.append(String(decoding: line, as: UTF8.self)) }
        }
        return (lines, buffer.pending)
    }

    @Test(arguments: [1, 2, 3, 7, 64, 100_000])
    func `Lines come out whole however the bytes come in`(chunk: Int) {
        let long = String(repeating: "x", count: 5_000)
        let (lines, pending) = Self.lines("a\n\r\nb\r\n\n\(long)\nrest", chunk: chunk)
        #expect(lines == ["a", "", "b", "", long])
        #expect(pending == 4)
    }

    @Test func `Many lines at once keep their order and leave nothing behind`() {
        let wanted = (0..<20_000).map { "line \($0)" }
        let (lines, pending) = Self.lines(wanted.joined(separator: "\n") + "\n", chunk: 65_536)
        #expect(lines == wanted)
        #expect(pending == 0)
    }

    @Test func `A line end inside a character of several bytes is none`() {
        let (lines, pending) = Self.lines("ä\u{10FFFF}ö\n", chunk: 1)
        #expect(lines == ["ä\u{10FFFF}ö"])
        #expect(pending == 0)
    }
}
