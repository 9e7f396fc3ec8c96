import Crypto
import HTTPTypes
import Hummingbird
import NIOCore

/// The stylesheet and the script: parts of the program, so that a node cut off serves them too.
struct PageAssets: Sendable {
    func add(to router: Router<HTTPFace.Context>) {
        add("/assets/site.css", "text/css; charset=utf-8", PackageResources.site_css, router)
        add("/assets/site.js", "text/javascript; charset=utf-8", PackageResources.site_js, router)
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
