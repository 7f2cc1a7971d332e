/// The members of a JSON object, in the order in which they were written.
///
/// Two objects are equal when they have the same members, whatever the order. Lookup is a scan: the
/// objects of protocols have a handful of members. What goes through all members of an object that a
/// stranger wrote must not look each of them up: ``mapMembers(_:)`` and ``merging(_:)`` take linear time.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    public private(set) var members: [(name: String, value: JSONValue)]

    public init() { members = [] }

    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

    /// Of members with the same name the last one counts.
    public init(_ elements: [(String, JSONValue)]) {
        members = []
        members.reserveCapacity(elements.count)
        guard elements.count > Self.scannedCount else {
            for (name, value) in elements { self[name] = value }
            return
        }
        var places: [String: Int] = [:]
        for (name, value) in elements { set(name, value, &places) }
    }

    /// Members up to which looking each of them up by a scan is quicker than a table.
    private static var scannedCount: Int { 16 }

    /// For the parser, which has seen to it that the names differ.
    init(unique members: [(name: String, value: JSONValue)]) { self.members = members }

    public var isEmpty: Bool { members.isEmpty }
    public var count: Int { members.count }

    /// Setting nil removes the member.
    public subscript(name: String) -> JSONValue? {
        get { members.first { $0.name == name }?.value }
        set {
            let place = members.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// The same names with other values, in the same order.
    public func mapMembers(_ transform: (_ name: String, JSONValue) -> JSONValue) -> JSONObject {
        JSONObject(unique: members.map { ($0.name, transform($0.name, $0.value)) })
    }

    /// With the members of `other` behind, or in the place of, those of the same name.
    public func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        var places = places
        for (name, value) in other.members { merged.set(name, value, &places) }
        return merged
    }

    /// Names that differ in their bytes may be equal as text (é in one or two scalars): the first counts.
    private var places: [String: Int] {
        Dictionary(
            members.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private mutating func set(_ name: String, _ value: JSONValue, _ places: inout [String: Int]) {
        if let place = places[name] {
            members[place].value = value
        } else {
            places[name] = members.count
            members.append((name, value))
        }
    }

    public static func == (one: JSONObject, other: JSONObject) -> Bool {
        guard one.count == other.count else { return false }
        if zip(one.members, other.members).allSatisfy({ $0.name == $1.name }) {
            return zip(one.members, other.members).allSatisfy { $0.value == $1.value }
        }
        guard one.count > scannedCount else {
            return one.members.allSatisfy { other[$0.name] == $0.value }
        }
        let places = other.places
        return one.members.allSatisfy { member in
            places[member.name].map { other.members[$0].value == member.value } ?? false
        }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        for member in members.sorted(by: { $0.name < $1.name }) {
            hasher.combine(member.name)
            hasher.combine(member.value)
        }
    }
}
