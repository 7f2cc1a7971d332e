import Foundation

extension AudioProgram {
    /// Hears everything from now on, behind the caller's back.
    func listen() -> Ear { Ear(fd) }

    final class Ear: @unchecked Sendable {
        // Sendable: the lock guards the samples and the end.
        private let lock = NSLock()
        private var heard: [Int16] = []
        private var isOver = false
        private let fd: Int32
        private let queue = DispatchQueue(label: "ear")

        fileprivate init(_ fd: Int32) {
            self.fd = dup(fd)
            queue.async { [weak self, fd = self.fd] in
                var chunk = [Int16](repeating: 0, count: 4_800)
                while true {
                    let got = chunk.withUnsafeMutableBytes {
                        recv(fd, $0.baseAddress, $0.count, 0)
                    }
                    guard got > 0, let self, self.keep(chunk.prefix(got / 2)) else { break }
                }
                close(fd)
            }
        }

        private func keep(_ samples: ArraySlice<Int16>) -> Bool {
            lock.withLock {
                heard += samples
                return !isOver
            }
        }

        deinit { stop() }

        /// Stops to hear.
        func stop() { lock.withLock { isOver = true } }

        var samples: [Int16] { lock.withLock { heard } }
        var count: Int { lock.withLock { heard.count } }
    }
}
