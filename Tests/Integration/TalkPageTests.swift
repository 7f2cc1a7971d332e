import Control
import Foundation
import JSON
import Testing

/// A person at a browser, Chromium, talks to the room by the talk page.
@Suite(.serialized) struct TalkPageTests {
    private static var rate: Int { RTPSessions.rate }

    @Test func aPersonTalksWithTheRoom() throws {
        let sessions = try WebRTCSessions()
        let url = try sessions.listen()
        let (voice, answer) = (
            Chirp.samples(from: 300, to: 900), Chirp.samples(from: 1_100, to: 400)
        )
        let browser = try Browser(at: url, microphone: voice)
        try browser.evaluate("document.getElementById('connect').click()")
        let caller = try sessions.caller()
        try browser.until("document.getElementById('state').dataset.kind == 'talking'")
        let program = try sessions.program(caller)

        // Both hear each other: one after the other, for the browser cancels echo.
        // What it does to a voice besides, such as levelling it, leaves more of it than of any other.
        let heardByRoom = program.read(samples: 3 * Self.rate)
        let likeness = Chirp.likeness(voice, in: heardByRoom)
        #expect(likeness > 0.6 && likeness > 1.5 * Chirp.likeness(answer, in: heardByRoom))
        try browser.evaluate(Self.record)
        let ear = program.readAside(samples: 3 * Self.rate)
        program.write(answer + answer + answer)
        _ = ear.wait()
        try browser.until("window.heard.length > \(3 * Self.rate)")
        #expect(Chirp.likeness(answer, in: try heard(by: browser)) > 0.8)

        // The levels show it.
        program.write(answer + answer)
        try browser.until("document.getElementById('heard').value > -40")
        try browser.until("document.getElementById('sent').value > -40")

        // Written words go both ways.
        _ = try sessions.client.call(
            "session.sendMessage", ["session": .string(caller), "message": "Good evening."])
        try browser.until("document.getElementById('captions').innerText == 'Room: Good evening.'")
        try browser.evaluate(
            """
            document.getElementById('text').value = 'Hello';
            document.getElementById('say').requestSubmit()
            """)
        let message = try sessions.event("transport_event") { $0["data"]?["type"] == "message" }
        #expect(message["data"]?["text"] == "Hello")

        // Muted, the room hears nothing any more.
        try browser.evaluate("document.getElementById('mute').click()")
        var loudest = Int16.max
        for _ in 0..<10 where loudest > 100 {
            loudest =
                program.read(samples: Self.rate / 2).map(\.magnitude).max().map {
                    Int16(clamping: $0)
                } ?? 0
        }
        #expect(loudest <= 100)

        try browser.evaluate("document.getElementById('connect').click()")
        let closed = try sessions.event("session_closed")
        #expect(closed["session"] == .string(caller))
        #expect(closed["data"]?["reason"]?.stringValue?.contains("hung up") == true, "\(closed)")
        try browser.until("document.getElementById('state').textContent == 'You have hung up.'")
    }

    @Test func theRoomHangsUpAndTheNextCallerIsTaken() throws {
        let sessions = try WebRTCSessions()
        let url = try sessions.listen(["maxCallers": 1])
        let browser = try Browser(at: url, microphone: Chirp.samples(from: 300, to: 900))
        for _ in 0..<2 {
            try browser.evaluate("document.getElementById('connect').click()")
            let caller = try sessions.caller()
            try browser.until("document.getElementById('state').dataset.kind == 'talking'")
            let second = try HTTPProbe.post(url + "whip", type: "application/sdp", "v=0\r\n")
            #expect(second.hasPrefix("HTTP/1.1 503"), "\(second)")
            _ = try sessions.client.call("sessions.close", ["session": .string(caller)])
            try browser.until(
                "document.getElementById('state').textContent.includes('room has hung up')")
        }
    }

    @Test func aTokenIsAskedForAndTheKeyOfTheCertificateIsOurs() throws {
        let authority = try TestAuthority()
        let files = try authority.certificate()
        // Only config may name files.
        let sessions = try WebRTCSessions(
            config: """
                [transports.webrtc]
                tlsCertificate = "\(files[1])"
                tlsKey = "\(files[3])"
                """)
        let url = try sessions.listen([
            "requireToken": true, "bearerToken": "sk-canary-token",
        ])
        #expect(url.hasPrefix("https://"))
        let browser = try Browser(at: url, microphone: Chirp.samples(from: 300, to: 900))
        try browser.evaluate("document.getElementById('connect').click()")
        try browser.until("document.getElementById('door').hidden == false")
        try browser.evaluate(
            """
            document.getElementById('token').value = 'sk-canary-wrong';
            document.getElementById('connect').click()
            """)
        try browser.until("document.getElementById('connect').textContent == 'Connect'")
        try browser.evaluate(
            """
            document.getElementById('token').value = 'sk-canary-token';
            document.getElementById('connect').click()
            """)
        try browser.until("document.getElementById('state').dataset.kind == 'talking'")
    }

    /// Nothing is wider than a phone, everything can be touched, and has a name for who can't see it.
    @Test func thePageFitsAPhoneAndIsNamedThroughout() throws {
        let sessions = try WebRTCSessions()
        let browser = try Browser(at: try sessions.listen(), microphone: [0])
        #expect(
            try browser.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth")
                == true)
        let small = try browser.evaluate(
            """
            [...document.querySelectorAll('button, input')].filter(e => e.offsetParent)
              .filter(e => e.offsetHeight < 44).map(e => e.id)
            """)
        #expect(small == [])
        let nameless = try browser.evaluate(
            """
            [...document.querySelectorAll('button, input, meter, [role]')]
              .filter(e => !(e.textContent.trim() || e.labels?.length
                || e.getAttribute('aria-labelledby') || e.getAttribute('role') == 'status'))
              .map(e => e.id)
            """)
        #expect(nameless == [])
        #expect(try browser.evaluate("document.documentElement.lang") == "en")
    }

    // MARK: What the person hears

    /// Keeps what the page plays, 16 kHz, in `window.heard`.
    private static let record = """
        (() => {
          window.heard = [];
          const context = new AudioContext({ sampleRate: \(rate) });
          const tap = context.createScriptProcessor(4096, 1, 1);
          tap.onaudioprocess = event =>
            window.heard.push(...event.inputBuffer.getChannelData(0));
          context.createMediaStreamSource(document.getElementById('sound').srcObject).connect(tap);
          tap.connect(context.destination);
        })()
        """

    private func heard(by browser: Browser) throws -> [Int16] {
        let samples = try browser.evaluate("window.heard.map(x => Math.round(x * 32767))")
        return (samples?.arrayValue ?? []).map { Int16(clamping: $0.integerValue ?? 0) }
    }
}
