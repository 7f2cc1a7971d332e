/// The two spellings of member names: the control protocol's camelCase, the API's snake_case.
enum CaseStyle {
    static func snake(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase {
                result += "_" + character.lowercased()
            } else {
                result.append(character)
            }
        }
        return result
    }

    static func camel(_ name: String) -> String {
        var result = ""
        var isStart = false
        for character in name {
            if character == "_", !result.isEmpty {
                isStart = true
            } else {
                result += isStart ? character.uppercased() : String(character)
                isStart = false
            }
        }
        return result
    }
}
