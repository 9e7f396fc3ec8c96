import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

/// The stylesheet and the scripts: parts of the program, so that a node cut off serves them too; Leaflet is the system's.
struct PageAssets: Sendable {
    /// Nil where it is not installed.
    let leaflet: Leaflet?

    func add(to router: Router<HTTPFace.Context>) {
        add("/assets/site.css", "text/css; charset=utf-8", PackageResources.site_css, router)
        for (name, script) in [
            ("site", PackageResources.site_js), ("live", PackageResources.live_js), ("map", PackageResources.map_js),
        ] {
            add("/assets/\(name).js", "text/javascript; charset=utf-8", script, router)
        }
        if let leaflet {
            add("/assets/leaflet.js", "text/javascript; charset=utf-8", leaflet.script, router)
            add("/assets/leaflet.css", "text/css; charset=utf-8", leaflet.stylesheet, router)
        }
    }

    private func add(_ path: String, _ type: String, _ bytes: [UInt8], _ router: Router<HTTPFace.Context>) {
        let tag = "\"\(SHA256.hash(data: bytes).prefix(8).map { String($0, radix: 16) }.joined())\""
        let headers: HTTPFields = [.contentType: type, .eTag: tag, .cacheControl: "public, max-age=300"]
        router.get(RouterPath(path)) { request, _ in
            guard request.headers[.ifNoneMatch] != tag else { return Response(status: .notModified, headers: headers) }
            return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        router.refuseOtherMethods(at: RouterPath(path), than: .get)
    }
}
