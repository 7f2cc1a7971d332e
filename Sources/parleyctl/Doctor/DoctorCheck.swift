/// One thing that the doctor looks at. A value, so that a test can ask it about any machine.
protocol DoctorCheck {
    /// For programs that read `--json`.
    var name: String { get }
    func findings(_ machine: Machine) -> [Finding]
}
