import CLinux
import EventLoop
import Glibc
import Synchronization

@testable import TransportHosting

/// A temporary directory with a compiler: makes plugins out of Tests/Fixtures/plugins and the examples.
final class Workshop: Sendable {
    let path: String
    /// Where plugins are searched for.
    var transports: String { "\(path)/transports" }
    var cache: String { "\(path)/cache" }

    init() throws {
        var template = Array("/tmp/parley-hosting-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Fault("mkdtemp failed: errno \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        mkdir(transports, 0o755)
        mkdir(cache, 0o700)
    }

    deinit { _ = Self.run(["rm", "-rf", path]) }

    struct Fault: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") {
        "\($0)/\($1)"
    }
    /// Compiled objects by source and flags: many tests use the same few.
    private static let built = Mutex<[String: String]>([:])
    private static let store = try? Workshop()

    /// Compiles a C file of the repository into a shared object and puts a copy into the directory by
    /// rename, as a careful installer does.
    @discardableResult
    func install(
        _ source: String, as name: String, flags: [String] = [], directory: String? = nil
    ) throws -> String {
        let object = try Self.object(of: source, flags)
        let target = "\(directory ?? transports)/\(name)"
        let draft = "\(directory ?? transports)/.\(name).new"
        guard Self.run(["cp", object, draft]), rename(draft, target) == 0 else {
            throw Fault("\(target) can't be installed")
        }
        return target
    }

    static func fixture(_ name: String) -> String { "Tests/Fixtures/plugins/\(name).c" }
    static let delay = "Examples/c-plugin/delay.c"

    private static func object(of source: String, _ flags: [String]) throws -> String {
        let key = ([source] + flags).joined(separator: " ")
        return try built.withLock { built in
            if let object = built[key] { return object }
            guard let store else { throw Fault("no directory for objects") }
            let object = "\(store.path)/\(built.count).so"
            let isBuilt = run(
                [
                    "cc", "-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
                    "-O1",
                    "-I\(root)/Sources/CParleyTransport/include", "-fPIC", "-shared", "-pthread",
                ] + flags + ["-o", object, "\(root)/\(source)"])
            guard isBuilt else { throw Fault("\(source) does not compile") }
            built[key] = object
            return object
        }
    }

    /// Runs a program and waits for it.
    @discardableResult
    static func run(_ arguments: [String]) -> Bool {
        var pid: pid_t = 0
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        guard posix_spawnp(&pid, arguments[0], nil, nil, pointers, environ) == 0 else {
            return false
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { return false } }
        return status == 0
    }

    /// Writes a file.
    func write(_ text: String, to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = Glibc.write(file, text, text.utf8.count)
        close(file)
    }
}
