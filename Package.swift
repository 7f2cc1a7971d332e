// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: warnings are errors, and imports say what they re-export.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let strictC: [CSetting] = [
    .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"])
]

/// A plugin exports one symbol and no other, so that two of them never mix.
let onlyTheEntryIsExported = LinkerSetting.unsafeFlags([
    "-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/exports.map",
])

/// A module of ours: `Sources/<name>`.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The unit tests of a module: `Tests/<name>Tests`.
func tests(of name: String, _ more: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + more,
        swiftSettings: strict)
}

/// A Debian library behind a module map and `shim.h`. Debian keeps most headers on the default path, so
/// no pkg-config, which would also bring flags that the package manager warns about.
func library(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
    name: "parley",
    products: [
        .executable(name: "parleyd", targets: ["parleyd"]),
        .executable(name: "parleyctl", targets: ["parleyctl"]),
        .executable(name: "parley-transport-host", targets: ["parley-transport-host"]),
        .executable(name: "parley-fake-realtime", targets: ["parley-fake-realtime"]),
        .library(name: "ParleyTransport", targets: ["ParleyTransport"]),
        .library(name: "loopback", type: .dynamic, targets: ["LoopbackEntry"]),
        .library(name: "openai-websocket", type: .dynamic, targets: ["OpenAIWebSocketEntry"]),
        .library(name: "webrtc", type: .dynamic, targets: ["WebRTCEntry"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // Libraries of the system.
        library("CPulse", apt: "libpulse-dev"),
        library("COpus", apt: "libopus-dev"),
        library("CSpeexDSP", apt: "libspeexdsp-dev"),
        library("CJansson", apt: "libjansson-dev"),
        library("COpenSSL", apt: "libssl-dev"),
        library("CSRTP", apt: "libsrtp2-dev"),
        library("CWslay", apt: "libwslay-dev"),
        library("CUsrsctp", apt: "libusrsctp-dev"),
        library("CNice", pkgConfig: "nice", apt: "libnice-dev"),
        library("CSystemd", apt: "libsystemd-dev"),

        // C of our own.
        .target(name: "CParleyTransport", cSettings: strictC),
        .target(name: "CParleyWire", dependencies: ["CParleyTransport"], cSettings: strictC),
        .target(name: "CLinux", cSettings: strictC),
        .target(name: "CSandbox", cSettings: strictC),
        .target(name: "CToml", cxxSettings: [.unsafeFlags(["-Wall", "-Wextra"])]),

        // Ground.
        module("JSON", ["CJansson"]),
        module("EventLoop", ["CLinux"]),
        module("Systemd", ["CSystemd"]),
        module("RealTime", ["CSystemd", "CLinux"]),
        module("Metrics", ["EventLoop", "JSON"]),

        // Audio.
        module("AudioCore"),
        module("Opus", ["COpus", "AudioCore"]),
        module("Resampling", ["CSpeexDSP", "AudioCore"]),
        module("DeviceLines", ["AudioCore", "CLinux"]),
        module("PulseAudio", ["CPulse", "CLinux", "AudioCore", "DeviceLines", "EventLoop"]),

        // The daemon.
        module("ControlProtocol", ["JSON"]),
        module(
            "Control", ["ControlProtocol", "HTTP", "Metrics", "JSON", "EventLoop", "CLinux"]),
        module("Configuration", ["CToml", "JSON", "ControlProtocol"]),
        module(
            "TransportHosting", ["CParleyWire", "CParleyTransport", "CLinux", "EventLoop", "JSON"]),
        module(
            "MediaEngine",
            [
                "AudioCore", "DeviceLines", "Opus", "Resampling", "CParleyWire", "CLinux",
                "EventLoop",
            ]),
        module(
            "Gateway",
            [
                "ControlProtocol", "Control", "Configuration", "TransportHosting", "MediaEngine",
                "PulseAudio", "DeviceLines", "AudioCore", "Metrics", "Opus", "CParleyTransport",
                "EventLoop", "JSON", "RealTime", "CLinux",
            ]),

        // For plugin authors.
        .target(
            name: "ParleyTransport", dependencies: ["CParleyTransport", "JSON"],
            swiftSettings: strict + [.enableExperimentalFeature("Lifetimes")]),

        // What plugins speak.
        module("OpenAIRealtime", ["ParleyTransport", "JSON"]),
        module("HTTP"),
        module("WebSocket", ["HTTP", "COpenSSL", "CWslay"]),
        module("Networking", ["WebSocket", "HTTP", "ParleyTransport", "JSON", "CLinux"]),
        module("DTLS", ["COpenSSL"]),
        module("SRTP", ["CSRTP"]),
        module("DataChannel", ["CUsrsctp"]),
        module("ICE", ["CNice", "ParleyTransport"]),
        module(
            "PeerConnection",
            [
                "ICE", "DTLS", "SRTP", "DataChannel", "SDP", "RTP", "Networking", "WebSocket",
                "ParleyTransport", "JSON",
            ]),
        module("RTP"),
        module("SDP"),

        // A Realtime server for people without a key, and for tests.
        module("FakeRealtime", ["AudioCore", "JSON"]),
        .executableTarget(
            name: "parley-fake-realtime",
            dependencies: [
                "FakeRealtime", "WebSocket", "HTTP", "EventLoop", "JSON", "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // What parleyctl draws.
        module("TerminalView", ["JSON"]),

        // Programs.
        .executableTarget(
            name: "parley-transport-host",
            dependencies: ["CParleyTransport", "CParleyWire", "CSandbox"],
            cSettings: strictC,
            // A plugin brings its own Swift runtime, or none. The package manager links C with swiftc,
            // which adds one unless it is told that the program is for bare metal.
            linkerSettings: [
                .linkedLibrary("dl"),
                .unsafeFlags(["-enable-experimental-feature", "Embedded", "-wmo"]),
            ]),
        .executableTarget(
            name: "parleyd",
            dependencies: [
                "Gateway", "Control", "ControlProtocol", "Configuration", "Systemd",
                "TransportHosting", "EventLoop", "CLinux", "CSandbox",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "parleyctl",
            dependencies: [
                "ControlProtocol", "Control", "Configuration", "TerminalView", "PulseAudio",
                "TransportHosting", "Networking", "HTTP", "WebSocket", "EventLoop", "JSON",
                "CLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Plugins. What exports the entry is a target of its own, so that the tests, which are one
        // program, can hold several transports.
        .target(
            name: "Loopback", dependencies: ["ParleyTransport", "JSON", "AudioCore", "Opus"],
            path: "Plugins/Loopback", exclude: ["Entry"], swiftSettings: strict),
        .target(
            name: "LoopbackEntry", dependencies: ["Loopback", "ParleyTransport"],
            path: "Plugins/Loopback/Entry", swiftSettings: strict,
            linkerSettings: [onlyTheEntryIsExported]),

        .target(
            name: "OpenAIWebSocket",
            dependencies: ["ParleyTransport", "OpenAIRealtime", "Networking", "WebSocket", "JSON"],
            path: "Plugins/OpenAIWebSocket", exclude: ["Entry"], swiftSettings: strict),
        .target(
            name: "OpenAIWebSocketEntry", dependencies: ["OpenAIWebSocket", "ParleyTransport"],
            path: "Plugins/OpenAIWebSocket/Entry", swiftSettings: strict,
            linkerSettings: [onlyTheEntryIsExported]),

        .target(
            name: "WebRTC",
            dependencies: [
                "ParleyTransport", "Networking", "HTTP", "WebSocket", "RTP", "SRTP", "SDP", "ICE",
                "DataChannel", "PeerConnection", "OpenAIRealtime", "JSON",
            ],
            path: "Plugins/WebRTC", exclude: ["Entry"],
            resources: [
                .embedInCode("Page/talk.html"), .embedInCode("Page/talk.css"),
                .embedInCode("Page/talk.js"),
            ],
            swiftSettings: strict),
        .target(
            name: "WebRTCEntry", dependencies: ["WebRTC", "ParleyTransport"],
            path: "Plugins/WebRTC/Entry", swiftSettings: strict,
            linkerSettings: [onlyTheEntryIsExported]),

        // Tests.
        .target(
            name: "CAllocationCounter", path: "Tests/Support/CAllocationCounter",
            cSettings: strictC),
        tests(of: "JSON"),
        tests(of: "EventLoop"),
        tests(of: "Systemd"),
        tests(of: "Metrics", ["JSON"]),
        tests(of: "AudioCore", ["CAllocationCounter", "Opus", "Resampling"]),
        tests(of: "Opus", ["AudioCore"]),
        tests(of: "Resampling", ["AudioCore"]),
        .target(
            name: "SoundServer", path: "Tests/Support/SoundServer", swiftSettings: strict),
        tests(of: "PulseAudio", ["AudioCore", "DeviceLines", "EventLoop", "SoundServer"]),
        tests(of: "Control", ["ControlProtocol", "Metrics", "JSON", "EventLoop"]),
        .executableTarget(
            name: "websocket-echo", dependencies: ["WebSocket"],
            path: "Tests/Support/WebSocketEcho", swiftSettings: strict),
        tests(of: "HTTP"),
        tests(of: "WebSocket", ["HTTP"]),
        tests(of: "DTLS"),
        tests(of: "SRTP"),
        tests(of: "DataChannel"),
        tests(of: "ICE", ["FakeTransportHost", "ParleyTransport"]),
        tests(
            of: "PeerConnection",
            ["FakeTransportHost", "ParleyTransport", "ICE", "SDP", "DataChannel", "JSON"]),
        tests(of: "RTP"),
        tests(of: "SDP"),
        tests(
            of: "Networking",
            [
                "HTTP", "WebSocket", "ParleyTransport", "FakeTransportHost", "ScriptedHTTPServer",
                "CLinux",
            ]),
        tests(of: "FakeRealtime", ["AudioCore", "JSON"]),
        tests(of: "Configuration", ["ControlProtocol", "JSON"]),
        tests(of: "TerminalView", ["JSON"]),
        tests(
            of: "parleyctl",
            ["JSON", "Configuration", "PulseAudio", "Control", "ControlProtocol", "EventLoop"]),
        tests(of: "TransportHosting", ["EventLoop", "JSON", "CParleyWire"]),
        tests(of: "Gateway", ["JSON", "Metrics", "PulseAudio"]),
        tests(
            of: "MediaEngine",
            [
                "CAllocationCounter",
                "AudioCore", "DeviceLines", "EventLoop", "Opus", "CLinux", "CParleyWire",
                "CParleyTransport",
            ]),
        .target(
            name: "BadEvents", dependencies: ["JSON"], path: "Tests/Support/BadEvents",
            swiftSettings: strict),
        .executableTarget(
            name: "sandbox-probe", dependencies: ["CSandbox"],
            path: "Tests/Support/SandboxProbe", cSettings: strictC),
        .target(
            name: "ScriptedHTTPServer", dependencies: ["HTTP", "WebSocket", "CLinux"],
            path: "Tests/Support/ScriptedHTTPServer", swiftSettings: strict),
        .target(
            name: "FakeTransportHost",
            dependencies: ["ParleyTransport", "CParleyTransport", "JSON"],
            path: "Tests/Support/FakeTransportHost", swiftSettings: strict),
        tests(of: "OpenAIRealtime", ["BadEvents", "ParleyTransport", "JSON"]),
        tests(of: "ParleyTransport", ["FakeTransportHost", "JSON", "CParleyTransport"]),
        tests(
            of: "Loopback",
            ["FakeTransportHost", "ParleyTransport", "JSON", "CParleyTransport", "Opus"]),
        tests(
            of: "WebRTC",
            ["FakeTransportHost", "ParleyTransport", "CParleyTransport", "RTP", "JSON"]),
        .testTarget(
            name: "Integration",
            dependencies: [
                "BadEvents", "ControlProtocol", "Control", "JSON", "AudioCore", "Opus",
                "SoundServer", "FakeRealtime", "HTTP", "ScriptedHTTPServer",
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17,
    cxxLanguageStandard: .cxx17
)
