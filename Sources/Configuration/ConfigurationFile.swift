import Glibc

/// A file of settings, read as a whole.
enum ConfigurationFile {
    static let maximumSize = 1 << 20

    /// The bytes of the file, or nil when there is none.
    static func read(_ path: String) throws(ConfigurationError) -> [UInt8]? {
        let fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if fd < 0, errno == ENOENT { return nil }
        guard fd >= 0 else { throw failure(path, String(cString: strerror(errno))) }
        defer { close(fd) }
        var status = stat()
        guard fstat(fd, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw failure(path, "it is not a regular file")
        }
        guard status.st_size <= maximumSize else {
            throw failure(path, "it is longer than 1 MiB")
        }
        var bytes: [UInt8] = []
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { room.deallocate() }
        while bytes.count <= maximumSize {
            let count = Glibc.read(fd, room.baseAddress, room.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes.append(contentsOf: room[..<count])
        }
        return bytes
    }

    /// The `*.toml` files of a directory in the order of their names' bytes; none when it is missing.
    static func list(_ directory: String) throws(ConfigurationError) -> [String] {
        guard let handle = opendir(directory) else {
            if errno == ENOENT { return [] }
            throw failure(directory, String(cString: strerror(errno)))
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".toml"), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .map { "\(directory)/\($0)" }
    }

    private static func failure(_ path: String, _ why: String) -> ConfigurationError {
        ConfigurationError(problems: [
            ConfigurationProblem(origin: nil, message: "\(path) can't be read: \(why)")
        ])
    }
}
