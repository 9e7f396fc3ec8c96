package import Hummingbird
package import LiandongCore
package import Logging
package import NIOCore

/// The node's HTTP server: Open311 and what its operators ask, behind explicit limits.
package enum HTTPFace {
    package typealias Context = FaceContext
    package typealias Server = Application<RouterResponder<Context>>

    /// Where and how it serves.
    package struct Configuration: Sendable {
        package var host: String
        /// 0: a free one that the system picks; `onBound` tells which.
        package var port: Int
        package var limits: HTTPLimits
        /// The base address that discovery shows; nil: as the asker called this node.
        package var publicAddress: String?
        /// IP addresses of proxies whose `X-Forwarded-For` is believed.
        package var trustedProxies: Set<String>
        /// Where Debian's `libjs-leaflet` puts the library that draws the map.
        package var leafletFolder = "/usr/share/javascript/leaflet"

        package init(
            host: String,
            port: Int,
            limits: HTTPLimits = HTTPLimits(),
            publicAddress: String? = nil,
            trustedProxies: Set<String> = []
        ) {
            self.host = host
            self.port = port
            self.limits = limits
            self.publicAddress = publicAddress.map { String($0.reversed().drop { $0 == "/" }.reversed()) }
            self.trustedProxies = trustedProxies
        }

        /// How sessions are carried.
        package var sessionCookie: SessionCookie { SessionCookie(publicAddress: publicAddress, host: host) }
    }

    /// A service that serves until it is shut down.
    ///
    /// - Parameters:
    ///   - cases: Answers the API and the pages.
    ///   - access: Knows this node's staff.
    ///   - devices: Takes what devices send; nil: there is no such route.
    ///   - metrics: Shown at `/metrics` beside the HTTP server's own.
    ///   - now: The clock that "the last 90 days" are counted by.
    ///   - onBound: Told the address once it accepts connections.
    package static func make(
        _ configuration: Configuration,
        desk: any ServiceDesk,
        cases: any CaseDesk,
        access: any AccessDesk = NoStaff(),
        devices: (any DeviceDesk)? = nil,
        metrics: [any MetricsSource] = [],
        logger: Logger,
        eventLoopGroup: EventLoopGroupProvider = .singleton,
        now: @escaping @Sendable () -> Instant,
        onBound: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
    ) -> Server {
        let limits = configuration.limits
        let application = ApplicationConfiguration(
            address: .hostname(configuration.host, port: configuration.port),
            backlog: limits.backlog,
            availableConnectionsDelegate: .maximum(limits.connections, logger: logger)
        )
        return Server(
            router: router(
                configuration,
                desk: desk,
                cases: cases,
                access: access,
                devices: devices,
                metrics: metrics,
                now: now
            ),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [RequestGuard(limits: limits)],
                    idleTimeout: limits.idleTimeout,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: limits.headerFieldBytes,
                        maxHeaderListSize: limits.headerListBytes,
                        maxHeaderFieldCount: limits.headerFieldCount
                    )
                )
            ),
            configuration: application,
            onServerRunning: { channel in
                if let address = channel.localAddress { await onBound(address) }
            },
            eventLoopGroupProvider: eventLoopGroup,
            logger: logger
        )
    }

    /// The routes alone.
    package static func router(
        _ configuration: Configuration,
        desk: any ServiceDesk,
        cases: any CaseDesk,
        access: any AccessDesk = NoStaff(),
        devices: (any DeviceDesk)? = nil,
        metrics: [any MetricsSource] = [],
        now: @escaping @Sendable () -> Instant
    ) -> Router<Context> {
        let measured = HTTPMetrics()
        let router = Router(context: Context.self, options: [.autoGenerateHeadEndpoints])
        let cookie = configuration.sessionCookie
        let allowance = PhotoAllowance()
        router.add(middleware: SecurityHeaders(cookie: cookie))
        router.add(middleware: Answering(metrics: measured, limits: configuration.limits))
        router.add(middleware: UploadGate(limits: configuration.limits))
        router.add(
            middleware: AccessMiddleware(
                desk: access,
                cookie: cookie,
                origin: RequestOrigin(publicAddress: configuration.publicAddress),
                addresses: ClientAddress(trustedProxies: configuration.trustedProxies),
                limits: configuration.limits
            )
        )
        Open311Routes(
            desk: desk,
            cases: cases,
            allowance: allowance,
            limits: configuration.limits,
            publicAddress: configuration.publicAddress,
            now: now
        ).add(to: router)
        APIRoutes(
            desk: cases,
            access: access,
            cookie: cookie,
            allowance: allowance,
            bodyLimit: configuration.limits.bodyBytes,
            now: now
        ).add(to: router)
        PageRoutes(
            desk: cases,
            access: access,
            cookie: cookie,
            limits: configuration.limits,
            allowance: allowance,
            leaflet: Leaflet(in: configuration.leafletFolder),
            now: now
        ).add(to: router)
        if let devices { IngestRoutes(desk: devices, bodyLimit: configuration.limits.bodyBytes).add(to: router) }
        OperationsRoutes(desk: desk, metrics: [measured] + metrics).add(to: router)
        return router
    }
}

extension Router<HTTPFace.Context> {
    /// Every method but the allowed ones is told which those are.
    func refuseOtherMethods(at path: RouterPath, than allowed: HTTPRequest.Method...) {
        refuseOtherMethods(at: path, than: allowed)
    }

    /// The same for a list.
    func refuseOtherMethods(at path: RouterPath, than allowed: [HTTPRequest.Method]) {
        // HEAD goes with GET, and the router makes it.
        let allowed = allowed.contains(.get) ? allowed + [.head] : allowed
        let known: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace, .query]
        for method in known where !allowed.contains(method) {
            on(path, method: method) { request, _ -> Response in
                throw HTTPRefusal.methodNotAllowed(request.method, allowed: allowed)
            }
        }
    }
}

extension HTTPRequest.Method {
    /// GET with a body; nothing here takes it.
    fileprivate static let query = {
        guard let method = HTTPRequest.Method(rawValue: "QUERY") else { preconditionFailure("QUERY is a token") }
        return method
    }()
}
