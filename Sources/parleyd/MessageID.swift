/// Ids of the journal's catalogue (systemd/parley.catalog) by the name of the event.
enum MessageID {
    static func of(_ event: String) -> String? {
        switch event {
        case "held_back": "7eed475b83fa84012d9ae76477be04ed"
        case "loops_stuck": "cc23f5be300678eb551b540c38b50e9c"
        case "reloaded": "7a2d561bfa441beaf5deb9803914a182"
        case "session_closed": "b3e55c71fc9e766ba330466d736fde3e"
        case "session_connected": "60512aefd738fb4ed9fee4548b63d621"
        case "session_failed": "f7c7794074cb2f539cc7f4a973f267b5"
        case "session_reconnecting": "9b8a18cdbed622ad7d0b8caa43021038"
        case "sound_server_away": "bd550c4cae327e9d7f3cdea5f8a154dd"
        case "sound_server_connected": "d3c28044e8e3fbe8e1211d6c2a977ae6"
        case "spawner_ended": "5d1c0a7be2f34e0c8f6f2c9d41b7a3e8"
        case "start_failed": "0c9a4f5d6b1e4c0f9d7be2a8613f50c4"
        case "transport_failed": "c68d7860126869fc83cd8a9bc1162a51"
        default: nil
        }
    }
}
