import ControlProtocol
import JSON
import TransportHosting

/// `transports.*`
extension Gateway {
    var transportsList: JSONValue { ["transports": .array(hosting.entries.map(\.json))] }

    func describeTransport(_ call: Call) throws(ControlError) -> JSONValue {
        let id = call.text("transport")
        let claimants = hosting.entries.filter { $0.descriptor?.id == id }
        guard let entry = claimants.first(where: { !$0.isShadowed }) ?? claimants.first else {
            throw unknownTransport(id)
        }
        var data = entry.json.objectValue ?? [:]
        data["options"] = entry.descriptor?.options.document
        return .object(data)
    }

    /// Says also what stands in the way, when a file of that name was refused.
    func unknownTransport(_ id: String) -> ControlError {
        let refused = hosting.entries.compactMap { entry -> String? in
            guard case .refused(let reason) = entry.state, entry.path.contains(id) else {
                return nil
            }
            return "\(entry.path) was refused: \(reason)"
        }
        guard refused.isEmpty else {
            return ControlError(.transportRefused, refused.joined(separator: "; "))
        }
        let known = hosting.entries.compactMap { $0.descriptor?.id }.joined(separator: ", ")
        return ControlError(
            .unknownTransport,
            "there is no transport \(id); there are: \(known.isEmpty ? "none yet" : known)")
    }
}

extension CatalogueEntry {
    var json: JSONValue {
        var data: JSONObject = ["path": .string(path), "hosts": .integer(Int64(hosts))]
        switch state {
        case .available: data["state"] = "available"
        case .unknown: data["state"] = "unknown"
        case .shadowed(let by):
            data["state"] = "shadowed"
            data["reason"] = .string(
                "\(by) stands for the id that both have: earlier directories go first, then the file "
                    + "that is called as the id, then names in order")
        case .refused(let reason):
            data["state"] = "refused"
            data["reason"] = .string(reason)
        case .failed(let reason):
            data["state"] = "failed"
            data["reason"] = .string(reason)
        }
        if isTrusted { data["trusted"] = true }
        guard let descriptor else { return .object(data) }
        data["transport"] = .string(descriptor.id)
        data["name"] = .string(descriptor.name)
        data["version"] = .string(descriptor.version)
        data["vendor"] = descriptor.vendor.map { .string($0) }
        data["description"] = descriptor.description.map { .string($0) }
        data["abi"] = [
            "major": .integer(Int64(descriptor.abiMajor)),
            "minor": .integer(Int64(descriptor.abiMinor)),
        ]
        data["maxSessionS"] = descriptor.maxSessionS.map { .integer(Int64($0)) }
        data["capabilities"] = .array(descriptor.capabilities.names.map { .string($0) })
        data["formatsIn"] = .array(descriptor.formatsIn.map(\.json))
        data["formatsOut"] = .array(descriptor.formatsOut.map(\.json))
        return .object(data)
    }
}

extension TransportFormat {
    var json: JSONValue { ["format": .string(name), "rate": .integer(Int64(rateHz))] }
}
