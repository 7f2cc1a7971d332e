import CParleyTransport

/// The results of the C interface: its anonymous enum comes over as Int, its functions answer Int32.
enum CResult {
    static var ok: parley_result_t { parley_result_t(PARLEY_OK) }
    static var pending: parley_result_t { parley_result_t(PARLEY_PENDING) }
    static var invalid: parley_result_t { parley_result_t(PARLEY_ERROR_INVALID) }
}
