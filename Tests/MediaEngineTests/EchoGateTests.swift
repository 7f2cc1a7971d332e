import Testing

@testable import MediaEngine

/// Half duplex: when the microphone counts as silent.
@Suite struct EchoGateTests {
    private static let ms: UInt64 = 1_000_000

    /// A gate that sound of this peak passed at 1 s, to be heard 40 ms later.
    private func gate(peak: Float, isEnabled: Bool = true) -> EchoGate {
        var gate = EchoGate()
        gate.isEnabled = isEnabled
        gate.play(peak: peak, nowNs: 1_000 * Self.ms, latencyNs: 40 * Self.ms)
        return gate
    }

    @Test func itIsClosedWhileSoundPlaysAndTheRoomRings() {
        let gate = gate(peak: 0.5)
        #expect(gate.isClosed(atNs: 1_000 * Self.ms))
        #expect(gate.isClosed(atNs: 1_289 * Self.ms))
        #expect(!gate.isClosed(atNs: 1_290 * Self.ms))
    }

    @Test(arguments: [0, 0.002, EchoGate.threshold] as [Float])
    func whatNobodyHearsClosesNothing(peak: Float) {
        #expect(!gate(peak: peak).isClosed(atNs: 1_010 * Self.ms))
    }

    @Test func aBlockOfAShorterLatencyDoesNotOpenItEarly() {
        var gate = gate(peak: 0.5)
        gate.play(peak: 0.5, nowNs: 1_010 * Self.ms, latencyNs: 5 * Self.ms)
        #expect(gate.isClosed(atNs: 1_289 * Self.ms))
    }

    @Test func switchedOffItIsOpen() {
        #expect(!gate(peak: 0.5, isEnabled: false).isClosed(atNs: 1_010 * Self.ms))
        var gate = gate(peak: 0.5)
        gate.isEnabled = false
        #expect(!gate.isClosed(atNs: 1_010 * Self.ms))
    }
}
