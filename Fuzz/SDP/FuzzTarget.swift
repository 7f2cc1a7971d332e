/// A description that a peer invents: read, written, answered, taken for an answer, and read as a fragment.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSDP(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeBufferPointer(start: start, count: count)
    if let fragment = try? TrickleFragment(parsing: input) {
        let again = try? TrickleFragment(parsing: fragment.text)
        precondition(again?.text == fragment.text, "what we write we can read")
        _ = (fragment.allCandidates, fragment.endsAllCandidates, fragment.credentials)
    }
    guard let description = try? SessionDescription(parsing: input) else { return 0 }
    let text = description.text
    let again = try? SessionDescription(parsing: text)
    precondition(again?.text == text, "what we write we can read")
    for local in locals {
        var answerer = OfferAnswer(local: local)
        if let (answer, session) = try? answerer.makeAnswer(to: description) {
            precondition(answer.sections.count == description.sections.count)
            precondition(!session.audio.codecs.isEmpty, "a call without a codec is none")
            precondition((try? SessionDescription(parsing: answer.text)) != nil)
        }
        var offerer = OfferAnswer(local: local)
        let offer = offerer.makeOffer()
        precondition((try? SessionDescription(parsing: offer.text)) != nil)
        _ = try? offerer.apply(answer: description)
    }
    return 0
}

private let locals: [LocalSession] = {
    let audio = LocalAudio(ssrc: 1, canonicalName: "fuzz")
    let secure = LocalSession(
        sessionID: 1,
        transport: .secure(
            LocalSecureTransport(
                userNameFragment: "abcd", password: "abcdefghijklmnopqrstuvwx", fingerprints: [])),
        audio: audio, dataChannel: LocalDataChannel())
    let plain = LocalSession(
        sessionID: 1, transport: .plain(LocalPlainTransport(address: "127.0.0.1", port: 4_000)),
        audio: audio)
    return [secure, plain]
}()
