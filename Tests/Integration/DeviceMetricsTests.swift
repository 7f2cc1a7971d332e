import Control
import Foundation
import JSON
import SoundServer
import Testing

/// What a scrape tells of devices, a sound server, packets and peers.
@Suite(.serialized) struct DeviceMetricsTests {
    /// No part of these tests tells them.
    private static let absent: Set<String> = [
        // Minutes of packets.
        "parley_session_clock_skew_ppm",
        // A peer that is a model.
        "parley_peer_malformed_messages_total", "parley_peer_usage_responses_total",
        "parley_peer_usage_input_tokens_total", "parley_peer_usage_output_tokens_total",
        // Plugins whose ICE knows them; libnice does not.
        "parley_peer_candidate_pair_current_round_trip_time_seconds",
        "parley_peer_candidate_pair_available_outgoing_bitrate",
        // Telephony with keys of its own.
        "parley_peer_transport_packets_replayed_total",
        "parley_peer_transport_packets_forged_total",
        "parley_peer_transport_packets_unprotectable_total",
    ]

    /// The names in docs/Metrics.md, which has them all.
    private func documented() throws -> Set<String> {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("docs/Metrics.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        return Set(text.matches(of: /(?m)^\| `([a-z_]+)`/).map { String($0.1) })
    }

    /// A lossy echo with a gate on devices, beside a call between two programs.
    @Test func everyFamilyHasAFigureThatMakesSense() throws {
        let sound = try PrivateSoundServer.start()
        let sessions = try WebRTCSessions(sound: sound)
        let (daemon, client) = (sessions.daemon, sessions.client)
        try sessions.call()
        var local = DaemonUnderTest.devices.objectValue ?? [:]
        local["gate"] = true
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "echo", "wait": true, "local": .object(local),
                "options": [
                    "format": "opus", "mode": "tone", "lossPercent": 10, "jitterMs": 40,
                ],
            ])
        try daemon.untilRunning("echo", client)
        let (near, far) = (try sessions.program("near"), try sessions.program("far"))
        let voice = Chirp.samples(from: 250, to: 1_000)
        let echo: JSONObject = ["session": "echo"]
        let microphone: JSONObject = ["device": "microphone", "direction": "capture"]

        // A second each; half a minute until the clock of the microphone is known.
        var scrape = try Scrape(daemon)
        for _ in 0..<120 {
            near.write(voice)
            far.write(voice)
            let ear = far.readAside(samples: RTPSessions.rate)
            _ = near.read(samples: RTPSessions.rate)
            _ = ear.wait()
            scrape = try Scrape(daemon)
            let isComplete =
                scrape.value("parley_device_clock_skew_ppm", microphone) != nil
                && scrape.value(
                    "parley_peer_remote_inbound_rtp_round_trip_time_seconds", ["session": "near"])
                    != nil
            if isComplete { break }
        }

        let names = scrape.sampleNames
        let missing = try documented().filter {
            !names.contains($0) && !names.contains("\($0)_bucket")
        }
        #expect(missing.subtracting(Self.absent) == [])
        #expect(scrape.value("parley_metrics_faults_total") == 0)

        func expect(_ name: String, _ labels: JSONObject, in range: ClosedRange<Double>) {
            let value = scrape.value(name, labels)
            #expect(value.map(range.contains) == true, "\(name) is \(String(describing: value))")
        }
        expect("parley_sound_server_connected", [:], in: 1...1)
        expect("parley_sound_server_outages_total", [:], in: 0...0)
        expect("parley_device_clock_skew_ppm", microphone, in: -500...500)
        let speaker: JSONObject = ["device": "speaker", "direction": "playback"]
        for device in [microphone, speaker] {
            expect("parley_device_running", device, in: 1...1)
            expect("parley_device_buffer_seconds", device, in: 0.001...1)
            expect("parley_device_latency_seconds", device, in: 0...5)
            expect("parley_device_ring_seconds", device, in: 0...0.35)
            expect("parley_device_outages_total", device, in: 0...0)
        }
        for direction in ["capture", "playback"] as [JSONValue] {
            let leg: JSONObject = ["session": "echo", "direction": direction]
            expect("parley_session_device_running", leg, in: 1...1)
            expect("parley_session_device_outages_total", leg, in: 0...0)
        }
        for stage in ["capture", "frame", "uplink", "queue", "playback"] as [JSONValue] {
            expect(
                "parley_session_latency_seconds", ["session": "echo", "stage": stage], in: 0...5)
        }
        expect(
            "parley_session_latency_seconds", ["session": "echo", "stage": "frame"],
            in: 0.02...0.02)
        expect("parley_session_jitter_seconds", echo, in: 0.000_1...0.2)
        expect("parley_session_jitter_buffer_target_delay_seconds", echo, in: 0.01...0.01)
        expect(
            "parley_session_audio_level_ratio", ["session": "echo", "direction": "output"],
            in: 0.01...1)
        let age = scrape.value("parley_session_age_seconds", echo) ?? 0
        // The tone never ends, and so the gate never opens.
        let closed = scrape.value("parley_session_echo_gate_closed_seconds_total", echo) ?? 0
        #expect(closed > age / 4 && closed < age + 1, "\(closed) of \(age) s")
        let came = scrape.value("parley_session_packets_received_total", echo) ?? 0
        let lost = scrape.value("parley_session_packets_lost", echo) ?? 0
        #expect(came > 100 && (0.03...0.3).contains(lost / (lost + came)), "\(lost) of \(came)")
        #expect(scrape.value("parley_packets_lost") ?? 0 >= lost)
        expect("parley_session_programs", ["session": "near"], in: 1...1)
        expect("parley_transport_host_audio_queue_bytes", ["transport": "webrtc"], in: 0...1e6)
        let call: JSONObject = ["session": "near"]
        expect("parley_peer_inbound_rtp_packets_received_total", call, in: 50...1e6)
        expect("parley_peer_inbound_rtp_jitter_seconds", call, in: 0...1)
        expect("parley_peer_remote_inbound_rtp_round_trip_time_seconds", call, in: 0...10)
        let sent = scrape.value("parley_peer_outbound_rtp_sent_bytes_total", call) ?? 0
        expect("parley_peer_transport_sent_bytes_total", call, in: max(1, sent)...1e9)
    }

    @Test func aDeviceThatIsGoneIsToldAsZeroAndItsLossesStay() throws {
        let sound = try PrivateSoundServer.start()
        let daemon = try DaemonUnderTest(sound: sound)
        let client = try daemon.client()
        try daemon.startEcho("echo", client)
        _ = try client.call(
            "sessions.create",
            [
                "transport": "loopback", "name": "deaf", "wait": true,
                "local": ["kind": "devices", "source": "nothing", "sink": "speaker"],
            ])
        let speaker: JSONObject = ["device": "speaker", "direction": "playback"]
        let leg: JSONObject = ["session": "echo", "direction": "playback"]
        var scrape = try Scrape(daemon)
        #expect(scrape.value("parley_device_running", speaker) == 1)
        #expect(scrape.value("parley_session_device_running", leg) == 1)
        let none: JSONObject = ["session": "deaf", "direction": "capture"]
        #expect(scrape.value("parley_session_device_running", none) == 0, "it never had one")

        sound.kill9()
        try daemon.until("the loss is told") {
            scrape = try Scrape(daemon)
            return scrape.value("parley_session_device_outage_seconds_total", leg) ?? 0 > 0
        }
        #expect(scrape.value("parley_device_running", speaker) == 0)
        #expect(scrape.value("parley_session_device_running", leg) == 0)
        #expect(scrape.value("parley_session_device_outages_total", leg) == 1)
        #expect(scrape.value("parley_session_device_outages_total", none) == 0)

        for session in ["echo", "deaf"] as [JSONValue] {
            _ = try client.call("sessions.close", ["session": session])
        }
        try daemon.until("nobody has the device") {
            scrape = try Scrape(daemon)
            return scrape.value("parley_device_running") == nil
        }
        let all: JSONObject = ["direction": "playback"]
        #expect(scrape.value("parley_devices_outages_total", all) == 1, "shared by both")
        #expect(scrape.value("parley_devices_outage_seconds_total", all) ?? 0 > 0)
    }
}
