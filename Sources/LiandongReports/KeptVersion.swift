package import LiandongDomain

/// Of a field in conflict the version that is to be the only one, as callers name it.
package struct KeptVersion: Codable, Sendable, Hashable {
    /// By ``WorkOrder/CorrectedField``'s word.
    package let field: String
    package let version: String

    package init(field: String, version: String) {
        self.field = field
        self.version = version
    }

    /// - Throws: a refusal of a field that there is not.
    package func choice() throws(Refusal) -> AmendWorkOrder.KeptVersion {
        guard let known = WorkOrder.CorrectedField(rawValue: field) else {
            let names = WorkOrder.CorrectedField.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.fieldUnknown, field, names)
        }
        return AmendWorkOrder.KeptVersion(known, version)
    }
}
