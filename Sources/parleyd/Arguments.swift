/// What parleyd was told on the command line.
struct Arguments {
    enum Action { case run, check, printConfig, version, help }

    var action = Action.run
    var config: String?
    var runtimeDirectory: String?
    var transportDirectories: [String] = []
    var trustedDirectories: [String] = []
    var logLevel: String?
    var sandbox = SandboxMode.on
    var hostSocket: String?

    /// Why the command line can't be used: a sentence.
    struct Fault: Error { let message: String }

    static let usage = """
        usage: parleyd [options]
          --config FILE                     read this file alone
          --runtime-directory DIRECTORY     where the sockets are
          --transport-directory DIRECTORY   look for plugins here first; may be repeated
          --trust-transport-directory DIRECTORY
                                            load this directory's plugins whoever owns them
          --log-level LEVEL                 error, warning, info or debug
          --host-socket PATH                hosts of plugins are units that this socket of systemd's starts
          --sandbox MODE                    on, log (denied system calls go to the kernel's log), or off
                                            (for debugging only)
          --check                           check the configuration and end
          --print-config                    show the configuration and where each value comes from
          --version                         show the version
          --help                            show this
        """

    /// Takes `--name value` and `--name=value`.
    init(_ words: some Sequence<String>) throws(Fault) {
        var rest = Array(words)[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            let inline = parts.count > 1 ? String(parts[1]) : nil
            switch name {
            case "--check": action = .check
            case "--print-config": action = .printConfig
            case "--version": action = .version
            case "--help", "-h": action = .help
            case "--sandbox":
                guard let mode = SandboxMode(rawValue: inline ?? rest.popFirst() ?? "") else {
                    throw Fault(message: "--sandbox needs one of on, log and off")
                }
                sandbox = mode
                continue
            case "--config", "--runtime-directory", "--transport-directory",
                "--trust-transport-directory", "--log-level", "--host-socket":
                guard let value = inline ?? rest.popFirst(), !value.isEmpty else {
                    throw Fault(message: "\(name) needs a value")
                }
                take(name, value)
                continue
            default: throw Fault(message: "unknown option \(word)")
            }
            guard inline == nil else { throw Fault(message: "\(name) takes no value") }
        }
    }

    private mutating func take(_ name: String, _ value: String) {
        switch name {
        case "--config": config = value
        case "--runtime-directory": runtimeDirectory = value
        case "--transport-directory": transportDirectories.append(value)
        case "--log-level": logLevel = value
        case "--host-socket": hostSocket = value
        default:
            trustedDirectories.append(value)
            // Trusting a directory that is not searched would be pointless.
            if !transportDirectories.contains(value) { transportDirectories.append(value) }
        }
    }
}
