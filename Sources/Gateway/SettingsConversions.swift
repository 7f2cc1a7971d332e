import Configuration
import ControlProtocol
import EventLoop
import MediaEngine
import Opus
import PulseAudio

/// From what config says to what the modules take.
extension ServerAddress {
    init(_ settings: AudioSettings) {
        self.init(configured: settings.server)
    }
}

extension StreamSettings {
    init(_ settings: AudioSettings) {
        self.init(
            captureMs: Double(settings.captureBuffer.nanoseconds) / 1e6,
            playbackMs: Double(settings.playbackBuffer.nanoseconds) / 1e6)
    }
}

extension OpusEncoder.Settings {
    init(_ settings: Configuration.OpusSettings) {
        self.init()
        switch settings.application {
        case .voip: application = .voip
        case .audio: application = .audio
        case .lowDelay: application = .lowDelay
        }
        bitrateBps = settings.bitrate
        complexity = settings.complexity
        usesFEC = settings.fec
        expectedLossPercent = settings.expectedLossPercent
        usesDTX = settings.dtx
    }
}

extension DownlinkSettings {
    init(_ settings: JitterSettings) {
        self.init(targetDelayMs: Int(settings.target.nanoseconds / 1_000_000))
    }
}

extension ReconnectPolicy {
    init(_ settings: ReconnectSettings) {
        initialNs = settings.initial.nanoseconds
        maximumNs = settings.maximum.nanoseconds
        maximumAttempts = settings.attempts
    }
}

extension Settings {
    /// Length of an uplink frame unless the peer wants another.
    var frameMs: Int { opus.frame.milliseconds }
}
