import Foundation
import Glibc

/// A directory of its own for one test, removed with all that is in it.
final class TemporaryDirectory: Sendable {
    struct Failure: Error { let code: CInt }

    let path: String

    init() throws {
        var template = Array("/tmp/parley-control-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw Failure(code: errno) }
        path = made
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
