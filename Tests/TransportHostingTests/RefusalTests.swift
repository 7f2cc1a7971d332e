import EventLoop
import Testing

@testable import TransportHosting

/// Files that are no usable plugin: each is refused with its reason, and the daemon goes on.
@Suite(.serialized) struct RefusalTests {
    init() { EventLoop.startThread() }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let flags: [String]
        let reason: String
        init(_ name: String, _ flags: [String], _ reason: String) {
            testDescription = name
            self.flags = flags
            self.reason = reason
        }
    }

    static let cases = [
        Case("newer interface", ["-DMAJOR=2"], "version 2 of the plugin interface"),
        Case("short entry", ["-DENTRY_SIZE=40"], "says that it is 40 bytes long"),
        Case("no create", ["-DCREATE=NULL"], "has no create()"),
        Case("no entry value", ["-DNO_ENTRY_VALUE"], "returned NULL"),
        Case("wild entry", ["-DWILD_ENTRY"], "crashed while it was loaded: SIGSEGV"),
        Case("crash at load", ["-DCRASH_AT_LOAD"], "crashed while it was loaded: SIGSEGV"),
        Case("exit at load", ["-DEXIT_AT_LOAD"], "while it was loaded, with status 3"),
        Case("hang at load", ["-DHANG_AT_LOAD"], "did not finish loading within"),
        Case("id with capitals", ["-DID=\"Loud\""], "the plugin's id must be"),
        Case("id with a slash", ["-DID=\"../x\""], "the plugin's id must be"),
        Case("empty id", ["-DID=\"\""], "the plugin's id must be"),
        Case("no version", ["-DVERSION=NULL"], "lacks an id, a name or a version"),
        Case("odd version", ["-DVERSION=\"new\""], "no semantic version"),
        Case("name in Latin-1", ["-DNAME=\"caf\\xe9\""], "can't be read"),
        Case("name of two lines", ["-DNAME=\"a\\nb\""], "name must be one line"),
        Case("no formats", ["-DFORMATS_COUNT=0"], "must list 1 to 16 formats"),
        Case("too many formats", ["-DFORMATS_COUNT=17"], "16 are allowed"),
        Case("the same format twice", ["-DFORMATS_COUNT=2"], "twice"),
        Case("odd rate", ["-DRATE=44100"], "a format that does not exist"),
        Case("schema is no JSON", ["-DSCHEMA=\"{\""], "the schema of the plugin's options"),
        Case(
            "schema with a keyword",
            ["-DSCHEMA=\"{\\\"type\\\":\\\"object\\\",\\\"oneOf\\\":[]}\""], "'oneOf'"),
    ]

    @LoopActor @Test(arguments: cases)
    func aBadPluginIsRefusedWithItsReason(_ example: Case) async throws {
        let workshop = try Workshop()
        let path = try workshop.install(
            Workshop.fixture("hostile"), as: "bad.so", flags: example.flags)
        let isHang = example.flags.contains("-DHANG_AT_LOAD")
        let stage = try Stage(workshop, probeLimit: isHang ? .seconds(1) : .seconds(5))
        let reason = try await stage.refusal(of: path)
        #expect(reason.contains(example.reason), "\(reason)")
        #expect(stage.hosting.entries.map(\.state) == [.refused(reason: reason)])
    }

    @LoopActor @Test func whatIsNoSharedObjectIsRefused() async throws {
        let workshop = try Workshop()
        let text = "\(workshop.transports)/text.so"
        workshop.write("hello", to: text)
        let symbol = try workshop.install(Workshop.fixture("no_symbol"), as: "symbol.so")
        let cut = "\(workshop.transports)/cut.so"
        Workshop.run(["sh", "-c", "head -c 3000 \(symbol) > \(cut)"])
        let stage = try Stage(workshop)
        #expect(try await stage.refusal(of: text).contains("not a shared object that loads here"))
        // The dynamic linker may trust the header of a file that was cut, and crash.
        let reason = try await stage.refusal(of: cut)
        #expect(reason.contains("not a shared object") || reason.contains("crashed"), "\(reason)")
        #expect(try await stage.refusal(of: symbol).contains("does not export"))
    }

    @LoopActor @Test func aNewerMinorVersionIsTaken() async throws {
        let workshop = try Workshop()
        try workshop.install(Workshop.fixture("hostile"), as: "minor.so", flags: ["-DMINOR=9"])
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        let descriptor = try #require(stage.hosting.transport("hostile"))
        #expect(descriptor.abiMinor == 9)
        #expect(descriptor.capabilities.names == ["interrupt", "dtmf"])
        #expect(descriptor.maxSessionS == 3600)
        #expect(descriptor.formatsIn.map(\.description) == ["pcm_s16le/24000"])
    }

    @LoopActor @Test func aBadFileDoesNotHideAGoodOne() async throws {
        let workshop = try Workshop()
        try workshop.install(Workshop.fixture("hostile"), as: "a.so", flags: ["-DCRASH_AT_LOAD"])
        try workshop.install(Workshop.delay, as: "b.so")
        let stage = try Stage(workshop)
        try await stage.added("delay")
        _ = try await stage.connected("delay")
    }
}
