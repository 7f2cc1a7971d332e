import Glibc

/// Where a secret is kept. Config names secrets and never holds one.
public enum SecretSource: Sendable, Hashable {
    /// A file in systemd's credentials directory (LoadCredential=).
    case credential(String)
    /// A file; an absolute path.
    case file(String)
    /// A variable of the daemon's environment; for development.
    case environment(String)
}

/// A secret can't be read. Says where it was looked for, never what was found.
public struct SecretError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
}

extension SecretSource {
    /// Longest secret that is read, in bytes.
    public static let maximumSize = 65_536

    /// Reads the secret, now: a changed file is seen by the next call. One newline at the end is not
    /// part of it. Opens files; no other I/O.
    public func read(environment: Environment = .process) throws(SecretError) -> SecretBytes {
        switch self {
        case .credential(let name):
            guard let directory = environment["CREDENTIALS_DIRECTORY"] else {
                throw SecretError(
                    description: "credential \"\(name)\" can't be read: $CREDENTIALS_DIRECTORY is "
                        + "not set; add LoadCredential=\(name):/path to the service, or use "
                        + "{ file = \"…\" } outside systemd")
            }
            return try SecretFile.read(
                "\(directory)/\(name)", called: "credential \"\(name)\"", isPrivate: true)
        case .file(let path):
            return try SecretFile.read(path, called: "secret file \(path)", isPrivate: false)
        case .environment(let name):
            guard let value = environment[name] else {
                throw SecretError(
                    description: "the secret's variable $\(name) is not set or empty")
            }
            let room = WipedRoom(size: value.utf8.count)
            room.bytes.copyBytes(from: value.utf8)
            return try SecretFile.checked(UnsafeRawBufferPointer(room.bytes), called: "$\(name)")
        }
    }
}

/// Reads secrets from files.
private enum SecretFile {
    /// - Parameter isPrivate: the directory is already closed to others, so modes don't matter.
    static func read(
        _ path: String, called name: String, isPrivate: Bool
    ) throws(SecretError) -> SecretBytes {
        // Not blocking: a fifo in its place must not hang the daemon.
        let fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard fd >= 0 else { throw failure(name, errno) }
        defer { close(fd) }
        var status = stat()
        guard fstat(fd, &status) == 0 else { throw failure(name, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SecretError(description: "\(name) is not a regular file")
        }
        guard isPrivate || status.st_mode & 0o007 == 0 else {
            throw SecretError(
                description: "\(name) is open to everybody; take that away: chmod o-rwx \(path)")
        }
        let room = WipedRoom(size: SecretSource.maximumSize + 1)
        var size = 0
        while size < room.bytes.count {
            let count = Glibc.read(
                fd, room.bytes.baseAddress?.advanced(by: size), room.bytes.count - size)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(name, errno) }
            if count == 0 { break }
            size += count
        }
        return try checked(UnsafeRawBufferPointer(rebasing: room.bytes[..<size]), called: name)
    }

    static func checked(
        _ bytes: UnsafeRawBufferPointer, called name: String
    ) throws(SecretError) -> SecretBytes {
        guard bytes.count <= SecretSource.maximumSize else {
            throw SecretError(
                description: "\(name) is longer than \(SecretSource.maximumSize) bytes")
        }
        var end = bytes.count
        if end > 0, bytes[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        if end > 0, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        guard end > 0 else { throw SecretError(description: "\(name) is empty") }
        let secret = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        guard !secret.contains(0) else {
            throw SecretError(description: "\(name) holds a NUL byte")
        }
        return SecretBytes(copying: secret)
    }

    private static func failure(_ name: String, _ code: CInt) -> SecretError {
        SecretError(description: "\(name) can't be read: \(String(cString: strerror(code)))")
    }
}
