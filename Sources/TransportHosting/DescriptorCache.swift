import Glibc
import JSON

/// Remembers what plugins said of themselves, so that none must be loaded only to be listed. A cache that
/// is absent or damaged costs a probe of each file, nothing else.
struct DescriptorCache {
    static let version: Int64 = 1
    private static let bytesMax = 32 << 20

    /// Nil: nothing is remembered beyond the process.
    let path: String?
    private var known: [FileIdentity: TransportDescriptor] = [:]

    /// Reads `transports.json` in `directory`.
    /// - Parameter warn: gets a sentence when there is a file that can't be used.
    init(directory: String?, warn: (String) -> Void) {
        path = directory.map { "\($0)/transports.json" }
        guard let path, let text = Self.read(path) else { return }
        do {
            let value = try JSONValue(parsing: text)
            guard value["version"]?.integerValue == Self.version,
                let plugins = value["plugins"]?.arrayValue
            else { throw DescriptorError("it is of another version") }
            for plugin in plugins {
                let (identity, descriptor) = try Self.entry(plugin)
                known[identity] = descriptor
            }
        } catch {
            known = [:]
            warn("the descriptor cache \(path) is ignored: \(error)")
        }
    }

    subscript(identity: FileIdentity) -> TransportDescriptor? { known[identity] }

    /// Remembers a descriptor.
    mutating func insert(_ descriptor: TransportDescriptor, for identity: FileIdentity) {
        known[identity] = descriptor
    }

    /// Writes the file anew, with what is known of the given files only.
    /// - Returns: a sentence when it could not be written.
    mutating func save(keeping identities: Set<FileIdentity>) -> String? {
        known = known.filter { identities.contains($0.key) }
        guard let path else { return nil }
        let plugins = known.sorted { ($0.key.device, $0.key.inode) < ($1.key.device, $1.key.inode) }
        let document: JSONValue = [
            "version": .integer(Self.version),
            "plugins": .array(plugins.map { Self.value($0.key, $0.value) }),
        ]
        return Self.write(document.serialized(), to: path)
    }

    private static func entry(
        _ value: JSONValue
    ) throws(DescriptorError) -> (FileIdentity, TransportDescriptor) {
        guard let device = value["device"]?.stringValue.flatMap({ UInt64($0) }),
            let inode = value["inode"]?.stringValue.flatMap({ UInt64($0) }),
            let changedNs = value["changedNs"]?.integerValue,
            let size = value["size"]?.integerValue,
            let major = value["abiMajor"]?.integerValue.flatMap({ UInt32(exactly: $0) }),
            let minor = value["abiMinor"]?.integerValue.flatMap({ UInt32(exactly: $0) }),
            let descriptor = value["descriptor"]
        else { throw DescriptorError("an entry is incomplete") }
        return (
            FileIdentity(device: device, inode: inode, changedNs: changedNs, size: size),
            try TransportDescriptor(descriptor, abiMajor: major, abiMinor: minor)
        )
    }

    private static func value(
        _ identity: FileIdentity, _ descriptor: TransportDescriptor
    ) -> JSONValue {
        [
            "device": .string("\(identity.device)"), "inode": .string("\(identity.inode)"),
            "changedNs": .integer(identity.changedNs), "size": .integer(identity.size),
            "abiMajor": .integer(Int64(descriptor.abiMajor)),
            "abiMinor": .integer(Int64(descriptor.abiMinor)), "descriptor": descriptor.source,
        ]
    }

    private static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= bytesMax
        else { return nil }
        var text = [UInt8](repeating: 0, count: Int(status.st_size))
        let size = Glibc.read(file, &text, text.count)
        return size >= 0 ? Array(text.prefix(size)) : nil
    }

    /// Whole or not at all: a file beside it, then a rename.
    private static func write(_ text: String, to path: String) -> String? {
        let draft = "\(path).new"
        let bytes = Array(text.utf8)
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            return "the descriptor cache \(path) can't be written: errno \(errno)"
        }
        let written = Glibc.write(file, bytes, bytes.count)
        let code = errno
        close(file)
        guard written == bytes.count, rename(draft, path) == 0 else {
            unlink(draft)
            return "the descriptor cache \(path) can't be written: errno \(code)"
        }
        return nil
    }
}
