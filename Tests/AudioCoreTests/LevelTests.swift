import AudioCore
import Foundation
import Testing

@Suite struct LevelTests {
    @Test func aFullScaleSineReadsMinusThreeDecibels() {
        var meter = LevelMeter(rateHz: 48_000)
        let sine = (0..<4_800).map { Float(sin(2 * .pi * 1_000 * Double($0) / 48_000)) }
        #expect(meter.measure(sine, count: 4_799) == true)
        #expect(abs(meter.reading.rmsDbfs + 3.01) < 0.02)
        #expect(abs(meter.reading.peakDbfs) < 0.01)
    }

    @Test func aWindowCountsAcrossCallsAndThePeakFalls() {
        var meter = LevelMeter(rateHz: 1_000, windowMs: 100, decayDbPerSecond: 20)
        let loud = [Float](repeating: 0.5, count: 100)
        let quiet = [Float](repeating: 0, count: 100)
        #expect(meter.measure(loud, count: 60) == false)
        #expect(meter.measure(loud, count: 40) == true)
        #expect(abs(meter.reading.rmsDbfs + 6.02) < 0.01)
        for _ in 0..<5 { meter.measure(quiet, count: 100) }
        #expect(abs(meter.reading.peakDbfs + 16.02) < 0.05, "5 windows of 0.1 s at 20 dB/s")
        #expect(meter.reading.rmsDbfs == LevelReading.floorDbfs)
    }

    @Test(arguments: [GainRamp.Shape.linear, .raisedCosine])
    func aFadeReachesSilenceWithoutAStep(shape: GainRamp.Shape) {
        var ramp = GainRamp(gain: 1, shape: shape)
        ramp.move(to: 0, over: 480)
        var sound = [Float](repeating: 1, count: 600)
        sound.withUnsafeMutableBufferPointer {
            ramp.apply(to: $0.baseAddress!, count: 100)
            ramp.apply(to: $0.baseAddress! + 100, count: 500)
        }
        #expect(sound[0] == 1 && sound[480...].allSatisfy { $0 == 0 } && !ramp.isMoving)
        #expect(abs(sound[240] - 0.5) < 0.001)
        let steps = zip(sound, sound.dropFirst()).map { $0 - $1 }
        #expect(steps.allSatisfy { $0 >= 0 && $0 < 1.6 / 480 })
    }

    @Test func aRampCanTurnAroundInTheMiddle() {
        var ramp = GainRamp(gain: 1, shape: .linear)
        ramp.move(to: 0, over: 100)
        var sound = [Float](repeating: 1, count: 50)
        ramp.apply(to: &sound, count: 50)
        #expect(abs(ramp.gain - 0.5) < 0.01)
        ramp.move(to: 1, over: 0)
        #expect(ramp.gain == 1)
    }

    @Test func theMixerAddsAndLimitsSoftly() {
        var sum: [Float] = [0.1, 0.7, -0.7, 30, -.infinity]
        Mixer.add([0.2, 0.7, -0.7, 0, 0], to: &sum, count: 5)
        Mixer.limit(&sum, count: 5)
        #expect(abs(sum[0] - 0.3) < 1e-6, "below the knee nothing changes")
        #expect(sum[1] > 0.8 && sum[1] < 1 && sum[2] == -sum[1])
        #expect(sum[3] < 1.0001 && sum[4] == -1)
    }
}
