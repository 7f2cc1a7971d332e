// A plugin that imports ParleyTransport sees the C types that its one exported function names, and the
// JSON values that its options, commands and events are made of.
@_exported public import CParleyTransport
@_exported public import JSON
