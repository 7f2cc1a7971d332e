/// `devices.*`
extension ControlMethod {
    private static let device = Member.required(
        "device", .string, "Name of a source or sink, as devices.list shows it.")

    private static let deviceErrors: [ControlError.Code] = [.soundServerAway, .deviceNotFound]

    static let devices: [ControlMethod] = [
        .init("devices.list", .read, "Sources and sinks.", answers: .deviceList),
        .init(
            "devices.setVolume", .change, "Sets the volume of a device.", device,
            .required("volume", .number(0...1.5), "Linear as PulseAudio shows it; 1 is 100 %."),
            answers: .nothing, refuses: deviceErrors),
        .init(
            "devices.setMute", .change, "Mutes or unmutes a device.", device,
            .required("muted", .boolean, "Whether it is to be silent."),
            answers: .nothing, refuses: deviceErrors),
    ]
}
