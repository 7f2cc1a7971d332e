import JSON
import Testing

@testable import Metrics

@Suite("A collection becomes OpenMetrics text and JSON")
struct OpenMetricsTextTests {
    static let frames = MetricFamily(.counter, "frames_sent", labels: ["session"], "Frames.")
    static let delay = MetricFamily(.gauge, "delay", .seconds, "How late.")
    static let build = MetricFamily(.info, "build", labels: ["version"], "What runs.")
    static let waits = MetricFamily(.histogram, "wait", .seconds, "How long.")

    private func text(_ fill: (inout MetricCollection) -> Void) -> String {
        var collection = MetricCollection(of: [Self.frames, Self.delay, Self.build, Self.waits])
        fill(&collection)
        return String(decoding: OpenMetricsText.bytes(collection), as: UTF8.self)
    }

    @Test("counters end in _total, units are told, families without samples are not")
    func suffixes() {
        let text = text {
            $0.add(Self.delay, 0.25)
            $0.add(Self.frames, 3, "hall")
        }
        #expect(
            text == """
                # TYPE parley_frames_sent counter
                # HELP parley_frames_sent Frames.
                parley_frames_sent_total{session="hall"} 3
                # TYPE parley_delay_seconds gauge
                # UNIT parley_delay_seconds seconds
                # HELP parley_delay_seconds How late.
                parley_delay_seconds 0.25
                # EOF

                """)
    }

    @Test("label values are escaped: quote, backslash and line feed")
    func escapes() {
        let text = text { $0.add(Self.frames, 1, "a\"b\\c\nd") }
        #expect(text.contains(#"{session="a\"b\\c\nd"} 1"#))
    }

    @Test("a histogram's buckets add up")
    func histogram() {
        var histogram = Histogram(bounds: [0.001, 0.01])
        for value in [0.0005, 0.002, 0.003, 7] { histogram.note(value) }
        let text = text { $0.add(Self.waits, histogram) }
        #expect(text.contains("parley_wait_seconds_bucket{le=\"0.001\"} 1\n"))
        #expect(text.contains("parley_wait_seconds_bucket{le=\"0.01\"} 3\n"))
        #expect(text.contains("parley_wait_seconds_bucket{le=\"+Inf\"} 4\n"))
        #expect(text.contains("parley_wait_seconds_count 4\n"))
        #expect(text.contains("parley_wait_seconds_sum 7.0055"))
    }

    @Test("what would spoil the text is left out and counted")
    func faults() {
        var collection = MetricCollection(of: [Self.frames])
        collection.add(Self.frames, 1, "hall")
        collection.add(Self.frames, 2, "hall")
        collection.add(Self.frames, -1, "attic")
        collection.add(Self.frames, .nan, "cellar")
        collection.add(Self.frames, 1)
        collection.add(Self.delay, 1)
        #expect(collection.faults == 5)
        #expect(collection.families.first?.samples.map(\.value) == [.integer(1)])
    }

    @Test("the JSON has the same names, labels and values")
    func json() {
        var collection = MetricCollection(of: [Self.frames, Self.build])
        collection.add(Self.frames, 3, "hall")
        collection.add(Self.build, 1, "1.2")
        #expect(
            collection.json["families"]?.arrayValue?.first == [
                "name": "parley_frames_sent", "type": "counter", "help": "Frames.",
                "samples": [
                    [
                        "name": "parley_frames_sent_total", "labels": ["session": "hall"],
                        "value": 3,
                    ]
                ],
            ])
        #expect(
            collection.json["families"]?.arrayValue?.last?["samples"]?.arrayValue?.first?["name"]
                == "parley_build_info")
    }
}
