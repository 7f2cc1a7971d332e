import ArgumentParser
import Glibc
import JSON

/// JSON on the command line: the text itself, `-` for standard input, `@FILE` for a file.
enum JSONArgument {
    static func parse(_ text: String, what: String) throws -> JSONValue {
        let source: [UInt8]
        if text == "-" {
            source = try readAll(STDIN_FILENO, what: "standard input")
        } else if text.hasPrefix("@") {
            let path = String(text.dropFirst())
            let fd = open(path, O_RDONLY | O_CLOEXEC)
            guard fd >= 0 else {
                throw DaemonError.failed(
                    "\(path) can't be read: \(String(cString: strerror(errno)))")
            }
            defer { close(fd) }
            source = try readAll(fd, what: path)
        } else {
            source = Array(text.utf8)
        }
        do throws(JSONError) {
            return try JSONValue(parsing: source)
        } catch {
            throw ValidationError("\(what): \(error)")
        }
    }

    static func object(_ text: String, what: String) throws -> JSONObject {
        guard let object = try parse(text, what: what).objectValue else {
            throw ValidationError("\(what) must be a JSON object such as {\"a\": 1}")
        }
        return object
    }

    /// The value of `KEY=VALUE`: JSON where it is some, else a string.
    static func loose(_ text: String) -> JSONValue {
        (try? JSONValue(parsing: text)) ?? .string(text)
    }

    static func readAll(_ fd: CInt, what: String) throws(DaemonError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(fd, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw .failed("\(what) can't be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }
}
