import Control
import Foundation
import JSON
import Metrics
import Testing

@testable import Gateway

@Suite("What the gateway tells of itself")
struct MetricsTests {
    @Test("every family has a name of its own, and a sentence")
    func families() {
        let all = Gateway.metricFamilies
        #expect(Set(all.map(\.name)).count == all.count)
        for family in all {
            #expect(family.name.allSatisfy { "abcdefghijklmnopqrstuvwxyz_".contains($0) })
            #expect(family.help.hasSuffix("."), "\(family.name)")
        }
    }

    private var root: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    @Test("docs/Metrics.md has every family as it is told")
    func reference() throws {
        let text = try String(contentsOf: root.appending(path: "docs/Metrics.md"), encoding: .utf8)
        let rows = Gateway.metricFamilies.map { family in
            let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
            return
                "| `\(family.sampleName)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
        }
        let missing = rows.filter { !text.contains($0) }
        #expect(
            missing.isEmpty, "docs/Metrics.md must contain:\n\(missing.joined(separator: "\n"))")
        let count = text.split(separator: "\n").count { $0.hasPrefix("| `") }
        #expect(count == rows.count, "docs/Metrics.md names metrics that are not there")
    }

    @Test("every query of the dashboard names metrics and labels that are there")
    func dashboard() throws {
        let file = root.appending(path: "etc/grafana/parley.json")
        let dashboard = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
        let panels = dashboard["panels"]?.arrayValue ?? []
        var queries: [String] = []
        for panel in panels {
            for target in panel["targets"]?.arrayValue ?? [] {
                queries.append(target["expr"]?.stringValue ?? "")
            }
        }
        #expect(queries.count >= panels.count)
        var families: [String: MetricFamily] = [:]
        for family in Gateway.metricFamilies {
            for name in family.sampleNames { families[name] = family }
        }
        for query in queries {
            var known: Set<Substring> = ["le", "instance"]
            let names = query.matches(of: /\b(parley|process)_[a-z_]+/).map { String($0.0) }
            #expect(!names.isEmpty, "\(query)")
            for name in names {
                #expect(families[name] != nil, "\(name) in \(query)")
                known.formUnion((families[name]?.labels ?? []).map { $0[...] })
            }
            for match in query.matches(of: /(by|without) ?\(([a-z_, ]*)\)/) {
                for label in match.2.split(whereSeparator: { $0 == "," || $0 == " " }) {
                    #expect(known.contains(label), "\(label) in \(query)")
                }
            }
        }
    }

    @Test("an outage is counted once, and its time until the next connection")
    func outages() {
        var outages = SessionOutages()
        outages.note(.connecting, nowNs: 0)
        outages.note(.reconnecting, nowNs: 1_000_000_000)
        #expect(outages.count == 0, "it had no connection to lose")
        outages.note(.connected, nowNs: 2_000_000_000)
        outages.note(.reconnecting, nowNs: 3_000_000_000)
        outages.note(.reconnecting, nowNs: 3_500_000_000)
        #expect(outages.count == 1)
        #expect(outages.totalMs(nowNs: 4_000_000_000) == 1_000)
        outages.note(.connected, nowNs: 4_500_000_000)
        #expect(outages.totalMs(nowNs: 9_000_000_000) == 1_500)
        outages.note(.disconnecting, nowNs: 9_000_000_000)
        outages.note(.closed, nowNs: 9_100_000_000)
        #expect(outages.count == 1)
    }

    @Test("sessions without a name take the lowest number that is free")
    func labels() {
        #expect(SessionLabel.make(name: "hall", taken: []) == "hall")
        #expect(SessionLabel.make(name: nil, taken: ["hall", "#1", "#3"]) == "#2")
    }

    @Test("what a plugin tells is taken by table, and nonsense is left out")
    func peerStatistics() {
        let told: JSONValue = [
            "inboundRtp": [
                "packetsReceived": 7, "packetsLost": -2, "jitter": 0.003, "bytesReceived": -1,
                "packetsDiscarded": "many", "address": "192.0.2.1",
            ],
            "dataChannels": [["messagesSent": 2], ["messagesSent": 3]],
            "candidatePair": [],
        ]
        var figures: [String: MetricValue] = [:]
        for statistic in PeerStatistic.all {
            figures[statistic.family.sampleName] = statistic.value(in: told)
        }
        #expect(
            figures == [
                "parley_peer_inbound_rtp_packets_received_total": .integer(7),
                "parley_peer_inbound_rtp_packets_lost": .integer(-2),
                "parley_peer_inbound_rtp_jitter_seconds": .real(0.003),
                "parley_peer_data_channels_messages_sent_total": .integer(5),
            ])
    }

    @Test("counters of sessions that are over stay in the sum")
    func sums() {
        var sum = SessionCounters()
        var session = SessionCounters()
        session.framesSent = 5
        session.outageMs = 1_500
        sum.add(session)
        sum.add(session)
        #expect(sum.framesSent == 10)
        #expect(sum.outageMs == 3_000)
    }
}
