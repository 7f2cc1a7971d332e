import Glibc
import Metrics

/// What the kernel tells of the daemon's own process, under the names that all Prometheus clients use.
enum ProcessFigures {
    private static let cpu = MetricFamily(
        .counter, exactly: "process_cpu", unit: .seconds, "CPU time of the daemon, user and system."
    )
    private static let memory = MetricFamily(
        .gauge, exactly: "process_resident_memory", unit: .bytes, "Resident memory of the daemon.")
    private static let open = MetricFamily(
        .gauge, exactly: "process_open_fds", unit: nil, "Descriptors that the daemon has open.")
    private static let limit = MetricFamily(
        .gauge, exactly: "process_max_fds", unit: nil, "Descriptors that it may have open.")

    static let families = [cpu, memory, open, limit]

    static func collect(into figures: inout MetricCollection) {
        var time = timespec()
        if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
            figures.add(cpu, Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
        }
        if let pages = residentPages { figures.add(memory, pages * sysconf(CInt(_SC_PAGESIZE))) }
        if let count = openDescriptors { figures.add(open, count) }
        var descriptors = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &descriptors) == 0,
            let count = Int(exactly: descriptors.rlim_cur)
        {
            figures.add(limit, count)
        }
    }

    /// The second number of statm (proc(5)).
    private static var residentPages: Int? {
        let fd = Glibc.open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var text = [UInt8](repeating: 0, count: 128)
        let count = read(fd, &text, text.count)
        guard count > 0 else { return nil }
        let words = String(decoding: text[..<count], as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]) : nil
    }

    private static var openDescriptors: Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var count = 0
        while let entry = readdir(directory) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        // Less the one that reads.
        return count - 1
    }
}
