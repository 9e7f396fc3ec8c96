import HTTPTypes
import Hummingbird

/// The cookie that carries a session, by how this node is reached.
///
/// - ``secure``, where the public address is https: `__Host-session`, which browsers send over TLS alone and to this
///   very host alone.
/// - ``loopback``, where no public address is set and the node listens on loopback: `session` without `Secure`, since
///   nothing leaves the machine.
/// - ``refused``, anywhere else: a password would cross a network in clear, so nobody signs in.
package enum SessionCookie: Sendable, Hashable {
    case secure
    case loopback
    case refused

    /// - Parameters:
    ///   - publicAddress: as people write it into their browser; nil where there is none of its own.
    ///   - host: what the node listens on.
    package init(publicAddress: String?, host: String) {
        if publicAddress?.lowercased().hasPrefix("https://") == true {
            self = .secure
        } else if publicAddress == nil, SessionCookie.isLoopback(host) {
            self = .loopback
        } else {
            self = .refused
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host == "[::1]"
            || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }

    var name: String { self == .secure ? "__Host-session" : "session" }

    private var attributes: String {
        "; Path=/; HttpOnly; SameSite=Strict" + (self == .secure ? "; Secure" : "")
    }

    /// What a browser is told when a session begins; it forgets it when it is closed, the node before that.
    func setting(_ secret: SessionSecret) -> String { "\(name)=\(secret.text)\(attributes)" }

    /// What a browser is told when a session ended.
    var clearing: String { "\(name)=; Max-Age=0\(attributes)" }

    /// The secret that a request carries.
    func secret(in headers: HTTPFields) -> SessionSecret? {
        guard self != .refused else { return nil }
        for field in headers[values: .cookie] {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard pair.hasPrefix(name + "=") else { continue }
                if let secret = SessionSecret(text: pair.dropFirst(name.count + 1)) { return secret }
            }
        }
        return nil
    }
}
