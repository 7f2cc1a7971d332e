import CLinux
import EventLoop
import Glibc

/// A plugin's file that may be loaded: open, checked, and known by its descriptor from here on, so that
/// what was checked is what is loaded.
struct PluginFile: Sendable {
    let path: String
    let descriptor: FileDescriptor
    let identity: FileIdentity
}

/// Why a file or a directory is not used: a sentence.
struct Refusal: Error, Hashable, CustomStringConvertible {
    let description: String
    let fault: PluginFault

    init(_ description: String, _ fault: PluginFault = .other) {
        self.description = description
        self.fault = fault
    }
}

/// A directory that was walked to from the root, each step checked, no link followed.
struct PluginDirectory {
    let directory: TransportDirectory
    private let handle: FileDescriptor
    private let rules: TrustRules
    /// Why nothing in here may be loaded.
    private let fault: Refusal?
    let place: FileIdentity.Place

    /// Nil when the directory does not exist.
    init?(_ directory: TransportDirectory, rules: TrustRules = .ofThisProcess) throws(Refusal) {
        self.directory = directory
        self.rules = rules
        // Links on the way are resolved first; what they lead to is then walked and checked itself.
        guard let resolved = realpath(directory.path, nil) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Refusal("\(directory.path) can't be reached: errno \(errno)")
        }
        defer { free(resolved) }
        var path = ""
        var fault: Refusal?
        var here = try Self.open("/", in: AT_FDCWD, called: "/")
        func check(_ name: String) {
            guard fault == nil, !directory.isTrusted else { return }
            fault = rules.fault(of: here.raw, at: name)
        }
        check("/")
        for component in String(cString: resolved).split(separator: "/") {
            path += "/\(component)"
            here = try Self.open(String(component), in: here.raw, called: path)
            check(path)
        }
        guard let identity = FileIdentity(descriptor: here.raw) else {
            throw Refusal("\(directory.path) can't be examined: errno \(errno)")
        }
        handle = here
        place = identity.place
        self.fault = fault
    }

    private static func open(
        _ name: String, in parent: CInt, called path: String
    ) throws(Refusal) -> FileDescriptor {
        let raw = parley_open_path(parent, name, O_DIRECTORY)
        guard raw >= 0 else { throw Refusal("\(path) can't be opened: errno \(errno)") }
        return FileDescriptor(owning: raw)
    }

    /// The names of what looks like a plugin, sorted.
    func names() throws(Refusal) -> [String] {
        let raw = openat(handle.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0, let stream = fdopendir(raw) else {
            throw Refusal("\(directory.path) can't be listed: errno \(errno)")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".so"), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Opens a plugin of this directory, if it may be loaded; nil when it is gone by now.
    func open(_ name: String) throws(Refusal) -> PluginFile? {
        let path = "\(directory.path)/\(name)"
        if let fault { throw fault }
        let place = parley_open_path(handle.raw, name, 0)
        if place < 0, errno == ENOENT { return nil }
        guard place >= 0 else { throw Refusal("\(path) can't be opened: errno \(errno)") }
        defer { close(place) }
        var status = stat()
        guard fstat(place, &status) == 0 else {
            throw Refusal("\(path) can't be examined: errno \(errno)")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFLNK: throw Refusal("\(path) is a link: put the file itself there", .link(path))
        case S_IFDIR: throw Refusal("\(path) is a directory")
        default: throw Refusal("\(path) is not a regular file")
        }
        if !directory.isTrusted, let fault = rules.fault(of: place, at: path) { throw fault }
        let raw = openat(handle.raw, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard raw >= 0 else { throw Refusal("\(path) can't be read: errno \(errno)") }
        let descriptor = FileDescriptor(owning: raw)
        let identity = FileIdentity(status)
        guard FileIdentity(descriptor: raw) == identity else {
            throw Refusal("\(path) changed while it was looked at")
        }
        return PluginFile(path: path, descriptor: descriptor, identity: identity)
    }
}
