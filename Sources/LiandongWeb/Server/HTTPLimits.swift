package import NIOCore

/// What one client may ask of this node; the frameworks' own defaults are unlimited.
package struct HTTPLimits: Sendable, Hashable {
    /// Of one header field, its name included.
    package var headerFieldBytes = 8 * 1024
    /// Of all header fields of a request.
    package var headerListBytes = 32 * 1024
    package var headerFieldCount = 100
    /// Of path and query together.
    package var addressBytes = 8 * 1024
    package var bodyBytes = 1024 * 1024
    /// Between two requests, and for a head to arrive whole.
    package var idleTimeout = TimeAmount.seconds(60)
    /// From a request's head to the end of its body.
    package var readTimeout = TimeAmount.seconds(30)
    /// Those beyond wait in the kernel's backlog.
    package var connections = 1024
    package var backlog = 256

    package init() {}
}
