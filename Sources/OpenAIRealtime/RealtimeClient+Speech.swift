import JSON
import ParleyTransport

/// Speech of the server on its way to the engine.
extension RealtimeClient {
    /// The fast path: straight from the bytes of the message. False when the full parser must see
    /// it.
    mutating func take(_ found: AudioDeltaScanner.Found, in message: UnsafeRawBufferPointer) -> Bool
    {
        guard 1...EventFields.idMax ~= found.itemID.count else { return false }
        let text = UnsafeRawBufferPointer(rebasing: message[found.base64])
        guard let count = decode(text) else { return false }
        let itemID = UnsafeRawBufferPointer(rebasing: message[found.itemID])
        if !lastSpeech.itemID.utf8.elementsEqual(itemID) {
            lastSpeech.itemID = String(decoding: itemID, as: UTF8.self)
        }
        if let place = found.responseID {
            let responseID = UnsafeRawBufferPointer(rebasing: message[place])
            if lastSpeech.responseID?.utf8.elementsEqual(responseID) != true {
                lastSpeech.responseID = String(decoding: responseID, as: UTF8.self)
            }
        } else {
            lastSpeech.responseID = nil
        }
        emit(.rawEvent)
        speak(
            count, SpeechLedger.Key(itemID: lastSpeech.itemID, contentIndex: found.contentIndex),
            responseID: lastSpeech.responseID)
        return true
    }

    /// The slow path.
    mutating func take(
        _ base64: String, _ itemID: String, _ responseID: String?, _ contentIndex: Int
    ) {
        var text = base64
        let count = text.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
        guard let count else {
            emit(.log("the server sent audio that is not base64"))
            return
        }
        speak(
            count, SpeechLedger.Key(itemID: itemID, contentIndex: contentIndex),
            responseID: responseID)
    }

    /// Decodes to ``speechBytes``, behind one byte of room for the half sample that came before.
    private mutating func decode(_ text: UnsafeRawBufferPointer) -> Int? {
        let needed = Base64.decodedCountMax(text.count) + 1
        if speechBytes.count < needed {
            speechBytes.append(contentsOf: repeatElement(0, count: needed - speechBytes.count))
        }
        return speechBytes.withUnsafeMutableBytes {
            Base64.decode(text, into: UnsafeMutableRawBufferPointer(rebasing: $0[1...]))
        }
    }

    private mutating func speak(_ count: Int, _ key: SpeechLedger.Key, responseID: String?) {
        guard count > 0, settings.output == .local else { return }
        if ledger.isCut(itemID: key.itemID, responseID: responseID) {
            if let late = ledger.cutLate(key) { truncate(late) }
            return
        }
        let place = ledger.place(key, responseID: responseID, format: outputFormat)
        let format = ledger.entries[place].format
        let size = format.bytesPerSample ?? 1
        var start = 1
        var end = 1 + count
        if let half = ledger.entries[place].halfSample {
            speechBytes[0] = half
            start = 0
        }
        let hasHalf = !(end - start).isMultiple(of: size)
        if hasHalf { end -= 1 }
        let half = hasHalf ? speechBytes[end] : nil
        var position = ledger.entries[place].received
        while start < end {
            let piece = start..<min(start + Speech.bytesMax, end)
            emit(
                .speech(
                    Speech(
                        itemID: key.itemID, contentIndex: key.contentIndex, responseID: responseID,
                        format: format, timestamp: UInt64(position),
                        sampleCount: piece.count / size, byteRange: piece, isLast: false)))
            position += piece.count / size
            start = piece.upperBound
        }
        ledger.update(place) {
            $0.received = position
            $0.halfSample = half
        }
    }

    mutating func finishSpeech(_ itemID: String, _ contentIndex: Int) {
        let key = SpeechLedger.Key(itemID: itemID, contentIndex: contentIndex)
        if let entry = ledger.end(key) { tellEnd(entry) }
    }

    mutating func tellEnd(_ entry: SpeechLedger.Entry) {
        emit(
            .speech(
                Speech(
                    itemID: entry.key.itemID, contentIndex: entry.key.contentIndex,
                    responseID: entry.responseID, format: entry.format,
                    timestamp: UInt64(entry.received), sampleCount: 0, byteRange: 0..<0,
                    isLast: true)))
    }
}
