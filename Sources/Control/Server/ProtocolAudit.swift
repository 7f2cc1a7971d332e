import ControlProtocol
import EventLoop
import JSON

/// Holds answers and events against what ``ControlMethod`` and ``EventType`` declare, and `rpc.discover`
/// shows. Looking costs time: for builds that are tested.
@LoopActor
public struct ProtocolAudit {
    /// Hears of each difference, as a sentence. nil: nothing is looked at.
    public var report: (@LoopActor (String) -> Void)?

    nonisolated init() {}

    func answer(_ method: ControlMethod, _ result: Result<JSONValue, ControlError>) {
        guard let report else { return }
        switch result {
        case .success(let value):
            check(value, method.result, "the answer of \(method.name)", report)
        case .failure(let error):
            guard let code = error.code, !method.refusals.contains(code) else { return }
            report("\(method.name) does not declare that it may refuse with \(code.rawValue)")
        }
    }

    func event(_ type: EventType, _ data: JSONValue) {
        guard let report else { return }
        check(data, type.data, "the data of \(type.rawValue)", report)
    }

    private func check(
        _ value: JSONValue, _ type: ValueType, _ what: String, _ report: (String) -> Void
    ) {
        do throws(ControlError) {
            try ValueCheck.ofAnswers.check(value, type, path: "it")
        } catch {
            report("\(what) is not as declared: \(error.message)")
        }
    }
}
