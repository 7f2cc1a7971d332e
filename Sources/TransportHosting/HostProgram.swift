import Glibc

/// Where `parley-transport-host` is.
public enum HostProgram {
    public static let name = "parley-transport-host"

    /// Looks from where the running program lies: `../libexec/parley/` in an installed tree, else beside
    /// it in a build directory.
    public static func find() throws(HostLaunchError) -> String {
        try find(fromDirectory: directoryOfRunningProgram)
    }

    static func find(fromDirectory directory: String) throws(HostLaunchError) -> String {
        let places = ["\(directory)/../libexec/parley/\(name)", "\(directory)/\(name)"]
        for place in places where access(place, X_OK) == 0 { return place }
        throw .programNotFound(places.joined(separator: ", "))
    }

    /// Absolute, without a slash at its end.
    public static var directoryOfRunningProgram: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { room in
            guard let start = room.baseAddress else { return "." }
            let size = readlink("/proc/self/exe", start, room.count)
            guard size > 0 else { return "." }
            let path = room.prefix(size).map { UInt8(bitPattern: $0) }
            let end = path.lastIndex(of: UInt8(ascii: "/")) ?? 0
            return String(decoding: path[..<end], as: UTF8.self)
        }
    }
}
