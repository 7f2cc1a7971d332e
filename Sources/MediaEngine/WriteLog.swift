/// What was written to a socket lately, so that the kernel's figure of what it still holds becomes a
/// place on the time line.
///
/// A Unix socket tells how much memory its unread writes take, not how many bytes they are: each write
/// costs its bytes plus the kernel's own share, which depends on the size alone. The log learns that
/// cost from the first writes of a size, for the few sizes that a tick gives, and then counts writes
/// back from the newest. A write that the program has read in part counts as unread, so the answer is
/// early by one write (10 ms) at most.
struct WriteLog: ~Copyable {
    /// More than the smallest writes that a socket of the default size holds.
    private static var capacity: Int { 512 }
    /// Writes of one size that are measured. A program that reads in between makes a measure too
    /// small, so the largest counts.
    private static var measures: Int { 8 }
    /// Sizes whose costs are kept: late ticks give two or three periods at once.
    private static var sizes: Int { 8 }

    private struct Write {
        var position: Int64
        var memory: Int
    }

    /// What a write of so many samples takes in the socket.
    private struct Cost {
        var samples = 0
        var memory = 0
        var measured = 0
    }

    private let writes: UnsafeMutablePointer<Write>
    private var count = 0
    private let costs: UnsafeMutablePointer<Cost>
    /// Where the next size that is not known goes.
    private var nextCost = 0

    init() {
        writes = .allocate(capacity: Self.capacity)
        writes.initialize(repeating: Write(position: 0, memory: 0), count: Self.capacity)
        costs = .allocate(capacity: Self.sizes)
        costs.initialize(repeating: Cost(), count: Self.sizes)
    }

    deinit {
        writes.deallocate()
        costs.deallocate()
    }

    private func place(of samples: Int) -> Int? {
        for place in 0..<Self.sizes where costs[place].samples == samples { return place }
        return nil
    }

    /// Whether the cost of a write of that many samples is known.
    func isSettled(_ samples: Int) -> Bool {
        place(of: samples).map { costs[$0].measured >= Self.measures } ?? false
    }

    /// - Parameter memory: by how much the socket's memory grew; ignored once the cost is known.
    mutating func add(position: Int64, samples: Int, memory grown: Int) {
        let place = place(of: samples) ?? learn(samples)
        if costs[place].measured < Self.measures {
            costs[place].measured += 1
            costs[place].memory = max(costs[place].memory, grown)
        }
        writes[count & (Self.capacity - 1)] = Write(
            position: position, memory: costs[place].memory)
        count += 1
    }

    private mutating func learn(_ samples: Int) -> Int {
        let place = nextCost
        nextCost = (nextCost + 1) % Self.sizes
        costs[place] = Cost(samples: samples, memory: samples * 2, measured: 0)
        return place
    }

    /// The position of the oldest write that is unread when the socket holds `memory`; nil when
    /// nothing was written.
    func oldest(holding memory: Int) -> Int64? {
        var rest = memory
        var position: Int64?
        var index = count - 1
        while rest > 0, index >= 0, index > count - Self.capacity {
            let write = writes[index & (Self.capacity - 1)]
            rest -= write.memory
            position = write.position
            index -= 1
        }
        return position
    }
}
