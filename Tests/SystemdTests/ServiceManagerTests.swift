import Glibc
import Testing

@testable import Systemd

/// Variables of the environment are the process's, hence one after another.
@Suite(.serialized) struct ServiceManagerTests {
    /// A datagram socket as the service manager has one.
    private struct FakeManager: ~Copyable {
        let directory: String
        let socket: CInt

        init() {
            var template = Array("/tmp/parley-notify-XXXXXX".utf8CString)
            directory = String(cString: mkdtemp(&template))
            let path = "\(directory)/notify"
            socket = Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let socket = socket
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
            }
            #expect(bound == 0)
            setenv("NOTIFY_SOCKET", path, 1)
        }

        deinit {
            unsetenv("NOTIFY_SOCKET")
            close(socket)
            unlink("\(directory)/notify")
            rmdir(directory)
        }

        /// The next message, which is there already.
        func heard() -> String {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            let count = recv(socket, &bytes, bytes.count, CInt(MSG_DONTWAIT))
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        }
    }

    @Test func whatBelongsTogetherIsToldInOneMessage() {
        let manager = FakeManager()
        #expect(ServiceManager.isListening)
        #expect(ServiceManager.tell([.ready, .status("two\nlines"), .watchdog]))
        #expect(manager.heard() == "READY=1\nSTATUS=two | lines\nWATCHDOG=1")
        #expect(ServiceManager.tell([.reloading(monotonicNs: 5_000_999)]))
        #expect(manager.heard() == "RELOADING=1\nMONOTONIC_USEC=5000")
        #expect(ServiceManager.tell([.stopping, .extendTimeout(ms: 7)]))
        #expect(manager.heard() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=7000")
    }

    @Test func withoutAManagerNothingIsTold() {
        #expect(!ServiceManager.isListening)
        #expect(!ServiceManager.tell([.ready]))
    }

    @Test func theWatchdogIsForTheProcessThatItNames() {
        defer { for name in ["WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) } }
        #expect(ServiceManager.watchdogNs == nil)
        setenv("WATCHDOG_USEC", "30000000", 1)
        #expect(ServiceManager.watchdogNs == 30_000_000_000)
        setenv("WATCHDOG_PID", "1", 1)
        #expect(ServiceManager.watchdogNs == nil)
    }

    @Test func socketsForAnotherProcessAreNotTaken() {
        defer {
            for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { unsetenv(name) }
        }
        setenv("LISTEN_FDS", "1", 1)
        setenv("LISTEN_PID", "1", 1)
        setenv("LISTEN_FDNAMES", "control", 1)
        #expect(ReceivedSocket.takeAll() == [])
        #expect(getenv("LISTEN_FDS") == nil, "no child believes it either")
    }

    @Test func onlyTheDescriptorThatTheManagerConnectedIsTheJournal() {
        var status = stat()
        fstat(STDERR_FILENO, &status)
        let named = "\(status.st_dev):\(status.st_ino)"
        #expect(Journal.receives(STDERR_FILENO, named: named))
        #expect(!Journal.receives(STDERR_FILENO, named: "\(status.st_dev):1"))
        #expect(!Journal.receives(STDERR_FILENO, named: "nonsense"))
        #expect(!Journal.receives(-1, named: named))
    }
}
