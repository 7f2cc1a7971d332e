/// A short piece of sound that a client sent whole, in the rate of the uplink.
///
/// Made and freed on the control thread; in between only the engine reads it.
struct Clip: ~Copyable {
    /// The sender's number for it.
    let number: UInt32
    let samples: UnsafeMutableBufferPointer<Float>

    init(number: UInt32, samples: [Float]) {
        self.number = number
        self.samples = .allocate(capacity: samples.count)
        _ = self.samples.initialize(from: samples)
    }

    deinit { samples.deallocate() }
}
