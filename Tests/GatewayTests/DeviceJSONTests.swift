import JSON
import PulseAudio
import Testing

@testable import Gateway

@Suite struct DeviceJSONTests {
    @Test func aBluetoothDeviceSaysWhatItIsUsedAsAndNoOtherDoes() {
        var device = AudioDevice(kind: .source, index: 1, name: "mic")
        #expect(device.json["bluetoothProfile"] == nil)
        device.properties = ["device.bus": "bluetooth"]
        #expect(device.json["bluetoothProfile"] == "unknown")
        device.properties["api.bluez5.profile"] = "headset-head-unit"
        #expect(device.json["bluetoothProfile"] == "headset-head-unit")
        device.properties["bluetooth.protocol"] = "a2dp_sink"
        #expect(device.json["bluetoothProfile"] == "a2dp_sink")
    }
}
