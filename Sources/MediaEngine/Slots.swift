/// A table of up to `capacity` objects on the heap, found by number. Never allocates after it was
/// made; lookup is a scan over the numbers, which is quicker than a hash for the few hundred at most.
struct Slots<Element: ~Copyable>: ~Copyable {
    private let capacity: Int
    private let numbers: UnsafeMutablePointer<UInt32>
    private let elements: UnsafeMutablePointer<UnsafeMutablePointer<Element>?>
    /// Places in use are below this.
    private(set) var end = 0

    init(capacity: Int) {
        self.capacity = capacity
        numbers = .allocate(capacity: capacity)
        numbers.initialize(repeating: 0, count: capacity)
        elements = .allocate(capacity: capacity)
        elements.initialize(repeating: nil, count: capacity)
    }

    deinit {
        numbers.deallocate()
        elements.deallocate()
    }

    /// The object in a place below ``end``, if any.
    subscript(place place: Int) -> UnsafeMutablePointer<Element>? { elements[place] }

    subscript(_ number: UInt32) -> UnsafeMutablePointer<Element>? {
        guard number != 0 else { return nil }
        for place in 0..<end where numbers[place] == number { return elements[place] }
        return nil
    }

    /// - Parameter number: above 0 and not in the table.
    /// - Returns: false when the table is full.
    mutating func insert(_ element: UnsafeMutablePointer<Element>, number: UInt32) -> Bool {
        for place in 0..<capacity where numbers[place] == 0 {
            numbers[place] = number
            elements[place] = element
            end = max(end, place + 1)
            return true
        }
        return false
    }

    mutating func remove(_ number: UInt32) -> UnsafeMutablePointer<Element>? {
        for place in 0..<end where numbers[place] == number {
            defer {
                numbers[place] = 0
                elements[place] = nil
                while end > 0, numbers[end - 1] == 0 { end -= 1 }
            }
            return elements[place]
        }
        return nil
    }
}
