import Foundation

extension [UInt8] {
    /// Base64 for addresses, headers and tokens, without padding.
    ///
    /// - SeeAlso: RFC 4648 §5.
    var base64URL: String {
        Data(self).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
}
