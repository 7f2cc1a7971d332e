/// What a session is called in metrics: its name, which is the same after a restart, or the lowest number
/// that is free. Ids would make a new series of each call, without end.
enum SessionLabel {
    /// - Parameter taken: by the sessions there are. No name begins with `#`.
    static func make(name: String?, taken: Set<String>) -> String {
        if let name { return name }
        var number = 1
        while taken.contains("#\(number)") { number += 1 }
        return "#\(number)"
    }
}
