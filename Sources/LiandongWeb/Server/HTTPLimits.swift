import LiandongDomain
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
    /// Of a body with photos, where a route takes one.
    package var uploadBytes = WorkOrderPhoto.Limit.formBytes + 1024 * 1024
    /// Of all such bodies that are in memory at a time.
    package var uploadBytesAtOnce = 48 * 1024 * 1024
    /// A body that says how long it is has the time that a line of this speed needs: bytes a second.
    package var uploadBytesASecond = 32 * 1024
    /// Between two requests, and for a head to arrive whole.
    package var idleTimeout = TimeAmount.seconds(60)
    /// From a request's head to the end of its body.
    package var readTimeout = TimeAmount.seconds(30)
    /// Those beyond wait in the kernel's backlog.
    package var connections = 1024
    package var backlog = 256

    package init() {}

    /// How long a request may take to arrive, from its head to its end.
    func readTimeout(ofByteCount length: Int?) -> TimeAmount {
        guard let length, length > 0 else { return readTimeout }
        return readTimeout + .seconds(Int64(min(length, uploadBytes) / max(1, uploadBytesASecond)))
    }
}
