import EventLoop
import Glibc
import JSON
import Testing

@testable import TransportHosting

/// Which files are taken, which are refused, and what happens when they change under a running daemon.
@Suite(.serialized) struct CatalogueTests {
    init() { EventLoop.startThread() }

    private static let hostile = Workshop.fixture("hostile")

    // MARK: Trust

    @LoopActor @Test func linksFifosAndDirectoriesAreRefused() async throws {
        let workshop = try Workshop()
        let real = try workshop.install(Self.hostile, as: "plugin", directory: workshop.path)
        let place = workshop.transports
        symlink(real, "\(place)/link.so")
        symlink("/nowhere", "\(place)/broken.so")
        mkfifo("\(place)/fifo.so", 0o644)
        mkdir("\(place)/directory.so", 0o755)
        workshop.write("", to: "\(place)/.hidden.so")
        workshop.write("", to: "\(place)/readme.txt")
        let stage = try Stage(workshop)
        let reasons = stage.hosting.entries.map {
            "\($0.path.split(separator: "/").last ?? ""): \($0.state)"
        }
        #expect(reasons.count == 4)
        #expect(reasons.filter { $0.contains("is a link: put the file itself there") }.count == 2)
        #expect(reasons.contains { $0.hasPrefix("fifo.so") && $0.contains("not a regular file") })
        #expect(reasons.contains { $0.hasPrefix("directory.so") && $0.contains("is a directory") })
    }

    @LoopActor @Test func aFileThatOthersCanWriteIsRefusedUntilItIsMended() async throws {
        let workshop = try Workshop()
        let path = try workshop.install(Self.hostile, as: "plugin.so")
        chmod(path, 0o666)
        let stage = try Stage(workshop)
        #expect(try await stage.refusal(of: path).contains("everyone can write to \(path)"))
        chmod(path, 0o644)
        try await stage.added("hostile")
    }

    @LoopActor @Test func aDirectoryAboveThatOthersCanWriteIsRefused() async throws {
        let workshop = try Workshop()
        let path = try workshop.install(Self.hostile, as: "plugin.so")
        chmod(workshop.path, 0o777)
        let stage = try Stage(workshop)
        #expect(
            try await stage.refusal(of: path).contains("everyone can write to \(workshop.path)"))
        // A sticky directory keeps others from replacing what is in it.
        chmod(workshop.path, 0o1777)
        stage.hosting.reload()
        try await stage.added("hostile")
    }

    @LoopActor @Test func somebodyElsesFileIsRefusedUnlessTheDirectoryIsTrusted() async throws {
        try #require(geteuid() == 0, "only root can give files away")
        let workshop = try Workshop()
        let path = try workshop.install(Self.hostile, as: "plugin.so")
        chown(path, 4711, 4711)
        let strict = try Stage(workshop)
        #expect(try await strict.refusal(of: path).contains("belongs to user 4711"))
        let trusting = try Stage(
            workshop, directories: [TransportDirectory(workshop.transports, isTrusted: true)])
        try await trusting.added("hostile")
        #expect(trusting.hosting.entries.map(\.isTrusted) == [true])
    }

    @Test(
        arguments: [
            (0, 0, 0o755, true), (0, 0, 0o775, true), (0, 5, 0o775, false), (0, 0, 0o757, false),
            (0, 0, 0o1777, true), (1000, 1000, 0o775, true), (1000, 5, 0o775, false),
            (1000, 5, 0o755, true), (1001, 1000, 0o755, false), (1001, 1000, 0o1777, false),
        ] as [(uid_t, gid_t, mode_t, Bool)])
    func ownersAndModesDecide(_ owner: uid_t, _ group: gid_t, _ mode: mode_t, isSafe: Bool) {
        var status = stat()
        status.st_uid = owner
        status.st_gid = group
        status.st_mode = S_IFDIR | mode
        let rules = TrustRules(user: 1000, group: 1000, isPrivate: { _ in true })
        #expect((rules.fault(of: status, at: "/x") == nil) == isSafe)
    }

    /// The group of the service is that of its clients, too.
    @Test(arguments: [0, 1000])
    func aGroupThatOthersAreInMayNotWrite(_ owner: uid_t) {
        var status = stat()
        status.st_uid = owner
        status.st_gid = gid_t(owner)
        status.st_mode = S_IFREG | 0o775
        let rules = TrustRules(user: 1000, group: 1000, isPrivate: { $0 != gid_t(owner) })
        let fault = rules.fault(of: status, at: "/x")
        #expect(fault?.description.contains("group \(owner) can write") == true)
        status.st_mode = S_IFREG | 0o755
        #expect(rules.fault(of: status, at: "/x") == nil)
    }

    @Test func groupsAreAskedForTheirMembers() throws {
        // Every Debian has an account with a group of its own, and none has a group 4711.
        let daemon = try #require(getpwnam("daemon")?.pointee)
        #expect(GroupMembers.areOnly(daemon.pw_uid, in: daemon.pw_gid))
        #expect(!GroupMembers.areOnly(4711, in: daemon.pw_gid), "it is the first of an account")
        #expect(GroupMembers.areOnly(daemon.pw_uid, in: 4711))
        // Whoever is listed counts as well.
        setgrent()
        defer { endgrent() }
        var listed: [gid_t: String] = [:]
        while let group = getgrent()?.pointee {
            if let member = group.gr_mem.pointee { listed[group.gr_gid] = String(cString: member) }
        }
        for (group, member) in listed where member != "root" {
            #expect(!GroupMembers.areOnly(4711, in: group), "\(member) is in \(group)")
        }
    }

    /// With a list the mode's bits for the group are what it may grant at the most.
    @LoopActor @Test func aFileThatAListLetsOthersWriteIsRefusedUntilItIsMended() async throws {
        let workshop = try Workshop()
        let path = try workshop.install(Self.hostile, as: "plugin.so")
        chmod(path, 0o775)
        let list = "AgAAAAEABwD/////AgAHAGcSAAAEAAUA/////xAABwD/////IAAFAP////8="
        try #require(
            Workshop.run([
                "python3", "-c",
                "import base64, os, sys; os.setxattr(sys.argv[1], 'system.posix_acl_access', "
                    + "base64.b64decode(sys.argv[2]))", path, list,
            ]), "a file system with access control lists")
        let stage = try Stage(workshop)
        #expect(try await stage.refusal(of: path).contains("access control list"))
        chmod(path, 0o755)
        try await stage.added("hostile")
    }

    /// What was checked is what is loaded, by its descriptor, wherever its name leads by then.
    @LoopActor @Test func aFileThatIsSwappedBetweenCheckAndLoadIsNotLoaded() async throws {
        let workshop = try Workshop()
        let path = try workshop.install(Self.hostile, as: "plugin.so")
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        let evil = try workshop.install(
            Self.hostile, as: "evil.so", flags: ["-DCRASH_AT_LOAD"], directory: workshop.path)
        chmod(evil, 0o666)
        // No turn of the loop between the two: nobody has noticed yet.
        try #require(rename(evil, path) == 0)
        let (session, witness) = try stage.open("hostile")
        session.connect()
        try await witness.status(.connected)
        #expect(try await stage.refusal(of: path).contains("writ"))
        #expect(!stage.log.all.contains { $0.contains("crashed") }, "\(stage.log.all)")
    }

    // MARK: Order

    @LoopActor @Test func theFirstFileOfAnIDWinsAndOthersAreShadowed() async throws {
        let workshop = try Workshop()
        let other = "\(workshop.path)/other"
        mkdir(other, 0o755)
        symlink(workshop.transports, "\(workshop.path)/alias")
        let second = try workshop.install(Self.hostile, as: "b.so", flags: ["-DVERSION=\"2.0.0\""])
        let first = try workshop.install(Self.hostile, as: "z.so", directory: other)
        let paths = [other, workshop.transports, "\(workshop.path)/alias", "\(workshop.path)/none"]
        let stage = try Stage(workshop, directories: paths.map { TransportDirectory($0) })
        try await stage.added("hostile", version: "1.0.0")
        try await stage.settled()
        #expect(stage.hosting.entries.map(\.path) == [first, second])
        #expect(stage.hosting.entries.map(\.state) == [.available, .shadowed(by: first)])
        unlink(first)
        try await stage.added("hostile", version: "2.0.0")
    }

    /// Whoever claims another's id gets neither its sessions nor its key, not even for the moment in which the
    /// other is not looked into yet.
    @LoopActor @Test func theFileThatIsCalledAsTheIDWinsWithinADirectory() async throws {
        let workshop = try Workshop()
        let claim = try workshop.install(Self.hostile, as: "a.so", flags: ["-DVERSION=\"9.0.0\""])
        let rightful = try workshop.install(
            Self.hostile, as: "hostile.so", flags: ["-DSLOW_AT_LOAD"])
        let stage = try Stage(workshop)
        try await stage.added("hostile", version: "1.0.0")
        try await stage.settled()
        #expect(stage.hosting.entries.map(\.path) == [claim, rightful])
        #expect(stage.hosting.entries.map(\.state) == [.shadowed(by: rightful), .available])
        #expect(stage.hosting.transport("hostile")?.version == "1.0.0")
        let added = stage.events.all.filter { if case .added = $0 { true } else { false } }
        #expect(added.count == 1)
        unlink(rightful)
        try await stage.added("hostile", version: "9.0.0")
        #expect(stage.hosting.entries.map(\.state) == [.available])
    }

    @LoopActor @Test func aFileThatIsCalledAsAnIDAndHasAnotherDoesNotStandForIt() async throws {
        let workshop = try Workshop()
        try workshop.install(Self.hostile, as: "a.so")
        try workshop.install(Self.hostile, as: "hostile.so", flags: ["-DID=\"other\""])
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        try await stage.settled()
        #expect(stage.hosting.entries.map(\.state) == [.available, .available])
        // Nor does one that can't be loaded.
        try workshop.install(Self.hostile, as: "hostile.so", flags: ["-DEXIT_AT_LOAD"])
        _ = try await stage.refusal(of: "\(workshop.transports)/hostile.so")
        try await stage.settled()
        #expect(stage.hosting.transport("hostile") != nil)
    }

    // MARK: Changes

    @LoopActor @Test func aFileThatIsDroppedInAndTakenAwayIsNoticed() async throws {
        let workshop = try Workshop()
        let stage = try Stage(workshop)
        #expect(stage.hosting.entries.isEmpty)
        let path = try workshop.install(Self.hostile, as: "plugin.so")
        try await stage.added("hostile")
        unlink(path)
        try await stage.events.first { $0 == .removed(id: "hostile", path: path) }
        #expect(throws: TransportOpenError.unknownTransport("hostile")) {
            _ = try stage.open("hostile")
        }
    }

    @LoopActor @Test func aDirectoryThatAppearsLaterIsWatched() async throws {
        let workshop = try Workshop()
        let later = "\(workshop.path)/a/b"
        let stage = try Stage(workshop, directories: [TransportDirectory(later)])
        mkdir("\(workshop.path)/a", 0o755)
        mkdir(later, 0o755)
        let path = try workshop.install(Self.hostile, as: "plugin.so", directory: later)
        try await stage.added("hostile")
        Workshop.run(["rm", "-r", "\(workshop.path)/a"])
        try await stage.events.first { $0 == .removed(id: "hostile", path: path) }
    }

    @LoopActor @Test func aNewVersionServesNewSessionsAndTheOldOneGoesOn() async throws {
        let workshop = try Workshop()
        try workshop.install(Self.hostile, as: "plugin.so")
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        let (old, oldWitness) = try await stage.connected("hostile")
        let oldProcess = try await oldWitness.processID(old)
        try workshop.install(Self.hostile, as: "plugin.so", flags: ["-DVERSION=\"1.1.0\""])
        try await stage.added("hostile", version: "1.1.0")
        let (new, newWitness) = try await stage.connected("hostile")
        #expect(old.version == "1.0.0")
        #expect(new.version == "1.1.0")
        #expect(try await oldWitness.processID(old) == oldProcess)
        #expect(try await newWitness.processID(new) != oldProcess)
        #expect(stage.hosting.entries.map(\.hosts) == [2])
        // It was never gone.
        #expect(!stage.events.all.contains { if case .removed = $0 { true } else { false } })
        let gone = ProcessEnd(try #require(oldProcess))
        old.destroy()
        try await gone.wait()
        #expect(stage.hosting.entries.map(\.hosts) == [1])
    }

    @LoopActor @Test func aPluginThatFailedIsTriedAgainWhenItsFileChanges() async throws {
        let workshop = try Workshop()
        try workshop.install(Self.hostile, as: "plugin.so")
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        for _ in 1...5 {
            let (session, witness) = try await stage.openWhenAllowed("hostile")
            session.connect()
            session.command("exit", id: 1, arguments: [:])
            _ = try await witness.death()
        }
        await #expect(throws: TransportOpenError.self) {
            try await stage.openWhenAllowed("hostile")
        }
        try workshop.install(Self.hostile, as: "plugin.so", flags: ["-DVERSION=\"1.0.1\""])
        try await stage.added("hostile", version: "1.0.1")
        _ = try await stage.connected("hostile")
    }

    // MARK: Cache

    @LoopActor @Test func aKnownFileIsNotLoadedAgain() async throws {
        let workshop = try Workshop()
        try workshop.install(Self.hostile, as: "plugin.so")
        let first = try Stage(workshop)
        try await first.added("hostile")
        let descriptor = first.hosting.transport("hostile")
        // Not probing, so only the cache can know.
        let second = try Stage(workshop, isProbing: false)
        #expect(second.hosting.transport("hostile") == descriptor)
        #expect(second.hosting.entries.map(\.state) == [.available])
        _ = try await second.connected("hostile")
    }

    @LoopActor @Test(arguments: ["", "{", "{\"version\":1,\"plugins\":[{}]}", "{\"version\":9}"])
    func aDamagedCacheIsIgnoredWithAWord(_ text: String) async throws {
        let workshop = try Workshop()
        workshop.write(text, to: "\(workshop.cache)/transports.json")
        try workshop.install(Self.hostile, as: "plugin.so")
        let stage = try Stage(workshop)
        #expect(stage.log.all.contains { $0.contains("is ignored") })
        try await stage.added("hostile")
        #expect(try Stage(workshop, isProbing: false).hosting.transport("hostile") != nil)
    }

    @LoopActor @Test func aCacheThatCannotBeWrittenIsSaid() async throws {
        let workshop = try Workshop()
        Workshop.run(["rm", "-r", workshop.cache])
        try workshop.install(Self.hostile, as: "plugin.so")
        let stage = try Stage(workshop)
        try await stage.added("hostile")
        #expect(stage.log.all.contains { $0.contains("can't be written") })
    }
}
