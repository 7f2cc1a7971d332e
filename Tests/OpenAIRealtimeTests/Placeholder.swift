@testable import OpenAIRealtime
