/// The page with which a browser talks to the room; its files are in the folder `Page`.
enum TalkPage {
    struct File {
        let type: String
        let bytes: [UInt8]
    }

    static let files: [String: File] = [
        "/": File(type: "text/html; charset=utf-8", bytes: PackageResources.talk_html),
        "/talk.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.talk_css),
        "/talk.js": File(
            type: "text/javascript; charset=utf-8", bytes: PackageResources.talk_js),
    ]
}
