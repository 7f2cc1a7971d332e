extension AudioDevice {
    /// What a Bluetooth device is used as, as the sound server calls it: `a2dp_sink`, `headset-head-unit`;
    /// "unknown" where it does not say. Nil for every other device.
    public var bluetoothProfile: String? {
        let isBluetooth =
            properties["device.bus"] == "bluetooth" || properties["device.api"] == "bluez5"
            || name.contains("bluez")
        guard isBluetooth else { return nil }
        return properties["bluetooth.protocol"] ?? properties["api.bluez5.profile"] ?? "unknown"
    }

    /// Whether this is a Bluetooth device in the mode for calls: one channel, mostly of 8 or 16 kHz.
    public var isInTelephoneMode: Bool {
        guard let bluetoothProfile else { return false }
        return rateHz <= 16_000 || bluetoothProfile.contains("headset")
            || bluetoothProfile.contains("handsfree")
    }
}
