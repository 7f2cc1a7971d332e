import CLinux
import CSystemd
import Glibc

/// Why rtkit gave nothing: a sentence.
public struct RealTimeKitError: Error, Hashable, CustomStringConvertible {
    public let description: String
}

/// rtkit, which gives real-time priority to the sound programs of people who have no right to it: the
/// D-Bus service org.freedesktop.RealtimeKit1 on the system's bus.
///
/// It asks for a limit in return, and tells which: a process whose real-time thread runs for longer without a
/// pause is killed by the kernel (RLIMIT_RTTIME, setrlimit(2)). At half of it ours become ordinary threads again.
public enum RealTimeKit {
    private static let name = "org.freedesktop.RealtimeKit1"
    private static let path = "/org/freedesktop/RealtimeKit1"
    /// The question may be what starts it.
    private static var timeoutUs: UInt64 { 5_000_000 }

    /// Gives threads of this process real-time priority; the answer may take seconds. Once in a process.
    /// [thread-safe]
    ///
    /// - Parameters:
    ///   - bell: an eventfd that is rung when they have lost it again because one ran for too long.
    ///   - onAnswer: called once, with nil when all have it; on a thread of its own.
    public static func grant(
        _ threads: [pid_t], bell: CInt, onAnswer: @escaping @Sendable (RealTimeKitError?) -> Void
    ) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let question = Unmanaged.passRetained(
            Question(threads: threads, bell: bell, onAnswer: onAnswer))
        let status = pthread_create(
            &thread, &attributes,
            { question in
                guard let question else { return nil }
                Unmanaged<Question>.fromOpaque(question).takeRetainedValue().ask()
                return nil
            }, question.toOpaque())
        guard status != 0 else { return }
        question.release()
        onAnswer(RealTimeKitError(description: "there is no thread to ask rtkit from"))
    }

    private final class Question: Sendable {
        private let threads: [pid_t]
        private let bell: CInt
        private let onAnswer: @Sendable (RealTimeKitError?) -> Void

        init(
            threads: [pid_t], bell: CInt, onAnswer: @escaping @Sendable (RealTimeKitError?) -> Void
        ) {
            self.threads = threads
            self.bell = bell
            self.onAnswer = onAnswer
        }

        func ask() {
            do throws(RealTimeKitError) {
                try RealTimeKit.grant(threads, bell)
                onAnswer(nil)
            } catch {
                onAnswer(error)
            }
        }
    }

    private static func grant(_ threads: [pid_t], _ bell: CInt) throws(RealTimeKitError) {
        var opened: OpaquePointer?
        let status = sd_bus_open_system(&opened)
        guard status >= 0, let bus = opened else {
            throw RealTimeKitError(
                description: "the system's D-Bus can't be reached: "
                    + String(cString: strerror(-status)))
        }
        defer { sd_bus_flush_close_unref(bus) }
        guard parley_demote_on_overrun(threads, CInt(threads.count), bell) == 0 else {
            throw RealTimeKitError(
                description: "SIGXCPU can't be handled: \(String(cString: strerror(errno)))")
        }
        try limitRuns(toUs: try longestRunUs(bus))
        for thread in threads { try grant(thread, bus) }
    }

    private static func longestRunUs(_ bus: OpaquePointer) throws(RealTimeKitError) -> rlim_t {
        var limitUs: Int64 = 0
        try ask("RTTimeUSecMax") { error in
            sd_bus_get_property_trivial(
                bus, name, path, name, "RTTimeUSecMax", &error, CChar(UInt8(ascii: "x")), &limitUs)
        }
        return rlim_t(clamping: max(1, limitUs))
    }

    /// rtkit refuses processes that could hold a processor for good.
    private static func limitRuns(toUs limitUs: rlim_t) throws(RealTimeKitError) {
        let resource = __rlimit_resource_t(__RLIMIT_RTTIME.rawValue)
        var limit = rlimit()
        getrlimit(resource, &limit)
        guard limit.rlim_max > limitUs else { return }
        limit = rlimit(rlim_cur: max(1, limitUs / 2), rlim_max: limitUs)
        guard setrlimit(resource, &limit) == 0 else {
            throw RealTimeKitError(
                description: "RLIMIT_RTTIME can't be set: \(String(cString: strerror(errno)))")
        }
    }

    private static func grant(_ thread: pid_t, _ bus: OpaquePointer) throws(RealTimeKitError) {
        var call: OpaquePointer?
        defer { sd_bus_message_unref(call) }
        var number = UInt64(thread)
        var priority = UInt32(ThreadClaim.priority)
        try ask("MakeThreadRealtime") { error in
            var status = sd_bus_message_new_method_call(
                bus, &call, name, path, name, "MakeThreadRealtime")
            if status < 0 { return status }
            status = sd_bus_message_append_basic(call, CChar(UInt8(ascii: "t")), &number)
            if status < 0 { return status }
            status = sd_bus_message_append_basic(call, CChar(UInt8(ascii: "u")), &priority)
            if status < 0 { return status }
            return sd_bus_call(bus, call, timeoutUs, &error, nil)
        }
    }

    private static func ask(
        _ what: String, _ body: (inout sd_bus_error) -> CInt
    ) throws(RealTimeKitError) {
        var error = sd_bus_error()
        defer { sd_bus_error_free(&error) }
        let status = body(&error)
        guard status < 0 else { return }
        let reason = error.message.map { String(cString: $0) } ?? String(cString: strerror(-status))
        throw RealTimeKitError(description: "rtkit did not answer \(what): \(reason)")
    }
}
