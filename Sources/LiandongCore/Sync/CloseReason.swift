/// Why a session ends, told to the peer in a `Bye`.
package struct CloseReason: Error, Sendable, Hashable {
    /// The codes of `ByeReason` in session.proto.
    package enum Code: Int, Sendable {
        case shuttingDown = 1
        case replaced = 2
        case paused = 3
        case wrongCluster = 4
        case protocolVersion = 5
        case notEnrolled = 6
        case revoked = 7
        case protocolError = 8
        case authorityFork = 9
        case timeout = 10
        case clock = 11
    }

    package let code: Code
    package let text: String

    package init(_ code: Code, _ text: String) {
        self.code = code
        self.text = text
    }
}
