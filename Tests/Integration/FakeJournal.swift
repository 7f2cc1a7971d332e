import Foundation

/// The side of the journal in sd_journal_send(3): a datagram socket that keeps the fields of each entry.
final class FakeJournal {
    private let inbox: DatagramInbox
    /// In their order.
    private(set) var entries: [[String: String]] = []

    init() throws { inbox = try DatagramInbox() }

    /// Commands of a shell, in a mount namespace of its own: what it starts finds this journal in the place
    /// of the machine's, and its standard error in it.
    var wrapper: String {
        """
        mount -t tmpfs none /run
        mkdir -p /run/systemd/journal
        ln -s \(inbox.path) /run/systemd/journal/socket
        export JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)
        """
    }

    /// Runs a program to its end. - Returns: its exit status.
    func run(_ program: Process) throws -> Int32 {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        shell.arguments =
            [
                geteuid() == 0 ? "-m" : "-rm", "/bin/sh", "-ec",
                "\(wrapper)\nexec \"$0\" \"$@\"", program.executableURL?.path ?? "",
            ] + (program.arguments ?? [])
        shell.environment = program.environment
        let errors = "\(inbox.directory)/errors"
        _ = FileManager.default.createFile(atPath: errors, contents: nil)
        shell.standardError = FileHandle(forWritingAtPath: errors)
        try shell.run()
        shell.waitUntilExit()
        return shell.terminationStatus
    }

    /// Takes what has come.
    func listen() { entries += inbox.take().map(Self.fields) }

    /// The next entry that fits, waited for.
    func entry(_ what: String, where fits: ([String: String]) -> Bool) throws -> [String: String] {
        for _ in 0..<6_000 {
            listen()
            if let entry = entries.first(where: fits) { return entry }
            usleep(10_000)
        }
        throw DaemonUnderTest.Failure(
            description: "the journal was not told: \(what); it has \(entries)")
    }

    /// Each field is "NAME=value\n", or "NAME\n", eight bytes of length, the value and "\n".
    private static func fields(_ entry: ArraySlice<UInt8>) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = entry
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if let equals = line.firstIndex(of: UInt8(ascii: "=")) {
                fields[String(decoding: line[..<equals], as: UTF8.self)] = String(
                    decoding: line[(equals + 1)...], as: UTF8.self)
            } else if rest.count > 8 {
                let size = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                let value = rest.dropFirst(8).prefix(size)
                fields[String(decoding: line, as: UTF8.self)] = String(
                    decoding: value, as: UTF8.self)
                rest = rest.dropFirst(8 + size + 1)
            }
        }
        return fields
    }
}
