/// Where to listen or to dial: `host:port`, an IPv6 address in brackets.
package struct HostPort: Hashable, Sendable, CustomStringConvertible {
    package let host: String
    /// 0 to listen on a port the system picks.
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Throws: `badAddress`, saying what is wrong with the text.
    package init(parsing text: String) throws(TransportError) {
        guard let colon = text.lastIndex(of: ":") else {
            throw .badAddress(text, "it has no port; write host:port")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw .badAddress(text, "an IPv6 address is written in brackets, as [::1]:7300")
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "[" || $0 == "]" }) else {
            throw .badAddress(text, "the host is missing or malformed; write host:port")
        }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw .badAddress(text, "port \"\(digits)\" is not a number")
        }
        guard let port = Int(digits), port <= 65_535 else {
            throw .badAddress(text, "port \(digits) is too large, at most 65535 is allowed")
        }
        self.init(host: String(host), port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
