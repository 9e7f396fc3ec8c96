import LiandongDomain

extension AdminRequest.Submission {
    /// What the domain bounds a submission by, so that who makes many can name the column that breaks a bound.
    package enum Bounds {
        /// In Unicode scalars, as the limits below.
        package static let textLimit = SubmitWorkOrder.Limit.description
        package static let addressLimit = SubmitWorkOrder.Limit.address
        package static let outcomeLimit = SubmitWorkOrder.Limit.outcome
        package static let systemLimit = SubmitWorkOrder.Limit.externalSystem
        package static let identifierLimit = SubmitWorkOrder.Limit.externalIdentifier
        package static let latitudes = -90.0...90
        package static let longitudes = -180.0...180

        package static func isService(_ code: String) -> Bool { (try? ServiceCatalogue.current.require(code)) != nil }
    }
}
