/// Colours and weights, or nothing where the terminal wants none.
public struct TerminalStyle: Sendable {
    public static let plain = TerminalStyle(isColoured: false)
    public static let coloured = TerminalStyle(isColoured: true)

    private let isColoured: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func faint(_ text: String) -> String { wrap(text, "2") }
    func red(_ text: String) -> String { wrap(text, "31") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func yellow(_ text: String) -> String { wrap(text, "33") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
