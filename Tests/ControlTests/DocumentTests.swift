import ControlProtocol
import Foundation
import Testing

/// The page that users read names what the daemon has.
@Suite struct DocumentTests {
    private let page: String

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        page = try String(
            contentsOf: root.appendingPathComponent("docs/ControlProtocol.md"), encoding: .utf8)
    }

    @Test(arguments: ControlMethod.all.map(\.name))
    func everyMethodHasItsRowWithItsParameters(_ name: String) throws {
        let method = try #require(ControlMethod.named(name))
        let row = try #require(
            page.split(separator: "\n").first { $0.hasPrefix("| `\(name)` |") })
        for parameter in method.parameters {
            #expect(row.contains("`\(parameter.name)`"), "\(parameter.name) of \(name)")
        }
        for member in Self.members(of: method.result) {
            let mark = member.isRequired ? "`\(member.name)`" : "*`\(member.name)`*"
            #expect(row.contains(mark), "\(member.name) in the answer of \(name)")
        }
        #expect(row.hasSuffix(method.access == .read ? "| monitor |" : "| control |"))
    }

    private static func members(of type: ValueType) -> [Member] {
        switch type {
        case .object(let members), .openObject(let members): members
        case .named(_, .object(let members)): members
        default: []
        }
    }

    @Test(arguments: EventType.allCases.map(\.rawValue))
    func everyEventTypeIsNamed(_ type: String) { #expect(page.contains("`\(type)`")) }

    @Test(arguments: ControlError.Code.allCases.map(\.rawValue))
    func everyErrorWordIsNamed(_ word: String) { #expect(page.contains("`\(word)`")) }
}
