import Glibc

/// Files that systemd hands to the daemon as credentials (systemd.exec(5), LoadCredential=).
struct CredentialStore {
    let directory: String
    /// The program that encrypts for this machine; nil for plain files.
    let encrypter: String?

    /// Root's are the machine's, encrypted where systemd-creds(1) is there. Everybody else's are plain, because a
    /// user's manager of systemd 252 knows no encrypted ones.
    init(directory: String?, isPlain: Bool) {
        let isRoot = geteuid() == 0
        if let directory {
            self.directory = directory
        } else if isRoot {
            self.directory = "/etc/parley/credentials"
        } else {
            let home = getenv("HOME").map { String(cString: $0) } ?? ""
            let configuration =
                getenv("XDG_CONFIG_HOME").map { String(cString: $0) } ?? "\(home)/.config"
            self.directory = "\(configuration)/parley/credentials"
        }
        let program = "/usr/bin/systemd-creds"
        encrypter = isRoot && !isPlain && access(program, X_OK) == 0 ? program : nil
    }

    /// What systemd takes as a name, and no path.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && name.first != "."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Keeps a secret: the file appears whole, readable by its owner alone.
    ///
    /// - Returns: the line that a unit needs for it.
    func set(_ name: String, _ secret: UnsafeRawBufferPointer) throws(DaemonError) -> String {
        try makeDirectory()
        let path = "\(directory)/\(name)\(encrypter == nil ? "" : ".cred")"
        let fresh = "\(directory)/.\(name).new"
        unlink(fresh)
        let fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw Self.failure("\(fresh) can't be made") }
        defer { close(fd) }
        do throws(DaemonError) {
            if let encrypter {
                try encrypt(by: encrypter, name, secret, into: fd)
            } else {
                try Self.write(secret, to: fd, "\(fresh) can't be written")
            }
            guard fsync(fd) == 0, rename(fresh, path) == 0 else {
                throw Self.failure("\(path) can't be written")
            }
        } catch {
            unlink(fresh)
            throw error
        }
        // The other form would be an old secret that a unit may still name.
        unlink("\(directory)/\(name)\(encrypter == nil ? ".cred" : "")")
        return encrypter == nil
            ? "LoadCredential=\(name):\(path)" : "LoadCredentialEncrypted=\(name):\(path)"
    }

    private func makeDirectory() throws(DaemonError) {
        var path = ""
        for part in directory.split(separator: "/") {
            path += "/\(part)"
            // Only the last is for secrets.
            mkdir(path, path == directory ? 0o700 : 0o755)
        }
        var status = stat()
        guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .failed("\(directory) is not a directory and can't be made")
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw .failed(
                "others could replace what is in \(directory): it must be yours and nobody else's "
                    + "to write (chmod go-w)")
        }
    }

    private func encrypt(
        by program: String, _ name: String, _ secret: UnsafeRawBufferPointer, into fd: CInt
    ) throws(DaemonError) {
        var pipe: [CInt] = [-1, -1]
        guard Glibc.pipe(&pipe) == 0 else { throw Self.failure("no pipe") }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fd, 1)
        let words: [String] = [
            program, "encrypt", "--name=\(name)", "-", "-",
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, nil, arguments, environ)
        close(pipe[0])
        guard code == 0 else {
            close(pipe[1])
            throw .failed("\(program) can't be started: \(String(cString: strerror(code)))")
        }
        // Secrets are no longer than what a pipe holds; a program that ends early must not end this one.
        signal(SIGPIPE, SIG_IGN)
        let written = Result { () throws(DaemonError) in
            try Self.write(secret, to: pipe[1], "\(program) did not take the secret")
        }
        close(pipe[1])
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        guard status == 0 else {
            throw .failed("\(program) failed; --plain keeps the secret unencrypted instead")
        }
        try written.get()
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to fd: CInt, _ complaint: String
    ) throws(DaemonError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(
                fd, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(complaint) }
            done += count
        }
    }

    private static func failure(_ what: String) -> DaemonError {
        .failed("\(what): \(String(cString: strerror(errno)))")
    }
}
