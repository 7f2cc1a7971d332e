import Glibc

extension PrivateSoundServer {
    /// Sound under way; ``wait()`` until it has been played.
    public final class Playing: Sendable {
        private let child: ChildProcess
        private let file: SampleFile

        fileprivate init(_ child: ChildProcess, _ file: SampleFile) {
            self.child = child
            self.file = file
        }

        public func wait() { child.wait() }
        public func stop() {
            child.send(SIGKILL)
            child.wait()
        }
    }

    private static let format = ["--raw", "--rate=48000", "--channels=1", "--format=float32le"]

    /// Plays samples (mono, 48 kHz) on `sink` with pacat; `room` is what the microphone hears.
    public func play(_ samples: [Float], on sink: String = "room") throws -> Playing {
        let file = try SampleFile(directory: directory)
        samples.withUnsafeBytes { bytes in _ = write(file.fd, bytes.baseAddress, bytes.count) }
        let command = ["pacat", "--playback", "-d", sink, "--latency-msec=20"] + Self.format
        return Playing(try ChildProcess(command + [file.path], environment: environment), file)
    }

    /// A recording under way.
    public final class Recording: Sendable {
        private let child: ChildProcess
        private let file: SampleFile

        fileprivate init(_ child: ChildProcess, _ file: SampleFile) {
            self.child = child
            self.file = file
        }

        /// Ends it and answers what was heard, mono at 48 kHz.
        public func stop() -> [Float] {
            child.send(SIGKILL)
            child.wait()
            return file.samples(upTo: file.count)
        }

        /// Samples so far.
        public var count: Int { file.count }
        public var samples: [Float] { file.samples(upTo: file.count) }
    }

    /// Records a source with parec; `speaker.monitor` is what the loudspeaker plays. Answers when
    /// the first sound has come.
    public func record(_ source: String = "speaker.monitor") throws -> Recording {
        let file = try SampleFile(directory: directory)
        let command = ["parec", "-d", source, "--latency-msec=10"] + Self.format
        let child = try ChildProcess(command, environment: environment, output: file.fd)
        let recording = Recording(child, file)
        for _ in 0..<400 where recording.count == 0 { usleep(10_000) }
        return recording
    }
}

/// Raw samples on disk.
final class SampleFile: Sendable {
    let path: String
    let fd: CInt

    init(directory: String) throws {
        var template = Array("\(directory)/samples-XXXXXX".utf8CString)
        fd = mkstemp(&template)
        _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
        path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        guard fd >= 0 else {
            throw PrivateSoundServer.Failure(description: "mkostemp failed, errno \(errno)")
        }
    }

    deinit {
        close(fd)
        unlink(path)
    }

    var count: Int {
        var status = stat()
        fstat(fd, &status)
        return Int(status.st_size) / 4
    }

    func samples(upTo count: Int) -> [Float] {
        var samples = [Float](repeating: 0, count: count)
        samples.withUnsafeMutableBytes { _ = pread(fd, $0.baseAddress, $0.count, 0) }
        return samples
    }
}
