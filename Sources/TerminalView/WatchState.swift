/// What the live view shows. A value: events change it, ``WatchView`` draws it.
public struct WatchState: Sendable, Equatable {
    public struct Session: Sendable, Equatable {
        public var id: String
        public var name: String?
        public var transport: String
        public var state: String
        /// Of the microphone and of the speech, in dBFS.
        public var inputDb: Double?
        public var outputDb: Double?
        public var isInputMuted = false
        public var isOutputMuted = false
        /// Stages in the order of the path, in milliseconds.
        public var latency: [Stage] = []
        public var transcript: [Utterance] = []
        /// Why it is not connected.
        public var reason: String?

        public init(id: String, name: String? = nil, transport: String, state: String) {
            self.id = id
            self.name = name
            self.transport = transport
            self.state = state
        }

        public var label: String { name ?? id }
    }

    public struct Stage: Sendable, Equatable {
        public var name: String
        public var milliseconds: Double

        public init(_ name: String, _ milliseconds: Double) {
            self.name = name
            self.milliseconds = milliseconds
        }
    }

    /// One turn of one speaker.
    public struct Utterance: Sendable, Equatable {
        public var item: String
        public var speaker: String
        public var text: String
        public var wasInterrupted = false

        public init(item: String, speaker: String, text: String) {
            self.item = item
            self.speaker = speaker
            self.text = text
        }
    }

    /// Product and version of the daemon.
    public var gateway = "parleyd"
    public var soundServer = "unknown"
    public var sessions: [Session] = []
    /// The newest news, such as a transport that failed.
    public var notice: String?
    /// Events that a slow terminal missed.
    public var lost = 0

    /// Utterances that are kept for one session.
    static let transcriptLimit = 50

    public init() {}

    /// Changes a session, when there is one of that id.
    public mutating func update(_ id: String, _ change: (inout Session) -> Void) {
        guard let index = sessions.firstIndex(where: { $0.id == id }) else { return }
        change(&sessions[index])
    }

    /// Takes a session in, or its new facts; what was heard of it stays.
    public mutating func put(_ session: Session) {
        guard let index = sessions.firstIndex(where: { $0.id == session.id }) else {
            sessions.append(session)
            return
        }
        sessions[index].name = session.name
        sessions[index].transport = session.transport
        sessions[index].state = session.state
        sessions[index].reason = session.reason
    }
}

extension WatchState.Session {
    /// Adds to what is being said in `item`, as it is spoken.
    public mutating func append(_ delta: String, item: String, speaker: String) {
        if let index = transcript.lastIndex(where: { $0.item == item && $0.speaker == speaker }) {
            transcript[index].text += delta
        } else {
            transcript.append(WatchState.Utterance(item: item, speaker: speaker, text: delta))
        }
        if transcript.count > WatchState.transcriptLimit {
            transcript.removeFirst(transcript.count - WatchState.transcriptLimit)
        }
    }

    /// Puts what was said in `item`, when it is known as a whole.
    public mutating func replace(_ text: String, item: String, speaker: String) {
        if let index = transcript.lastIndex(where: { $0.item == item && $0.speaker == speaker }) {
            transcript[index].text = text
        } else {
            append(text, item: item, speaker: speaker)
        }
    }
}
