import Foundation
import Testing

/// docs/TransportLayer.md has a place for every member and event: of the original, and of the SDK.
struct TransportLayerPageTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(ExampleProgram.root)/\(path)", encoding: .utf8)
    }

    /// What stands in backquotes in the first column of the page's tables.
    private func places() throws -> String {
        try text("docs/TransportLayer.md").split(separator: "\n").filter { $0.hasPrefix("| ") }
            .compactMap { $0.split(separator: "|").first.map(String.init) }.joined(separator: "\n")
    }

    @Test(arguments: [
        "status", "muted", "connect(", "apiKey", "model", "url", "callId", "initialSessionConfig",
        "close()", "sendEvent(", "requestResponse(", "sendMessage(", "addImage(", "sendAudio(",
        "updateSessionConfig(", "mute(", "sendFunctionCallOutput(", "interrupt()", "resetHistory(",
        "sendMcpResponse(", "on`, `off`, `once`, `emit", "*`", "connection_change", "connected",
        "disconnected", "error", "audio`", "audio_done", "audio_interrupted",
        "audio_transcript_delta", "output_text_delta", "function_call", "turn_started", "turn_done",
        "usage_update", "item_update", "item_deleted", "mcp_tools_listed", "mcp_approval_request",
        "mcp_tool_call_completed", "any raw type",
    ])
    func theOriginalsMembersAndEventsHaveAPlace(_ name: String) throws {
        let quoted = name.hasPrefix("any") ? name : "`\(name)"
        #expect(try places().contains(quoted))
    }

    @Test func theSDKsMembersAndEventsHaveAPlace() throws {
        let page = try text("docs/TransportLayer.md")
        let layer = try text("Sources/ParleyTransport/TransportLayer.swift")
        let members = layer.split(separator: "\n").filter { $0.hasPrefix("    func ") }
            .compactMap { $0.dropFirst(9).split(separator: "(").first }
        #expect(members.count > 15)
        for name in members { #expect(page.contains("`\(name)"), "\(name)") }
        let events = try text("Sources/ParleyTransport/TransportEvent.swift")
            .split(separator: "\n").filter { $0.hasPrefix("    case ") }
            .compactMap { $0.dropFirst(9).split(separator: "(").first }
        #expect(events.count > 12)
        for name in events { #expect(page.contains("`.\(name)"), "\(name)") }
    }
}
