package import LiandongCore

/// A request as everybody may see it.
///
/// Has no place for who made it: personal data is never in these answers.
package struct ServiceRequest: Sendable, Hashable {
    /// Open311 knows two.
    package enum Status: String, Sendable, CaseIterable {
        case open, closed
    }

    /// The 25 digits of its number.
    package var id: String
    package var status: Status
    /// Told only who asks for extensions.
    package var extendedStatus: ServiceRequestUpdate.Status?
    /// Why it has this status, in words.
    package var statusNotes: String?
    package var serviceCode: String
    /// Filled from the catalogue in the asker's language where it is nil.
    package var serviceName: String?
    package var description: String?
    /// The place that holds it, in words.
    package var agencyResponsible: String?
    package var serviceNotice: String?
    package var requestedAt: Instant
    package var updatedAt: Instant
    /// When it is due.
    package var expectedAt: Instant?
    package var address: String?
    /// The 12 digits of the place it is for.
    package var addressID: String?
    package var zipcode: String?
    package var latitude: Double?
    package var longitude: Double?
    package var mediaURL: String?

    package init(
        id: String,
        status: Status,
        extendedStatus: ServiceRequestUpdate.Status? = nil,
        statusNotes: String? = nil,
        serviceCode: String,
        serviceName: String? = nil,
        description: String? = nil,
        agencyResponsible: String? = nil,
        serviceNotice: String? = nil,
        requestedAt: Instant,
        updatedAt: Instant,
        expectedAt: Instant? = nil,
        address: String? = nil,
        addressID: String? = nil,
        zipcode: String? = nil,
        latitude: Double? = nil,
        longitude: Double? = nil,
        mediaURL: String? = nil
    ) {
        self.id = id
        self.status = status
        self.extendedStatus = extendedStatus
        self.statusNotes = statusNotes
        self.serviceCode = serviceCode
        self.serviceName = serviceName
        self.description = description
        self.agencyResponsible = agencyResponsible
        self.serviceNotice = serviceNotice
        self.requestedAt = requestedAt
        self.updatedAt = updatedAt
        self.expectedAt = expectedAt
        self.address = address
        self.addressID = addressID
        self.zipcode = zipcode
        self.latitude = latitude
        self.longitude = longitude
        self.mediaURL = mediaURL
    }
}

extension ServiceRequest: Encodable {
    private enum CodingKeys: String, CodingKey {
        case id = "service_request_id"
        case status
        case statusNotes = "status_notes"
        case serviceName = "service_name"
        case serviceCode = "service_code"
        case description
        case agencyResponsible = "agency_responsible"
        case serviceNotice = "service_notice"
        case requestedAt = "requested_datetime"
        case updatedAt = "updated_datetime"
        case expectedAt = "expected_datetime"
        case address
        case addressID = "address_id"
        case zipcode
        case latitude = "lat"
        case longitude = "long"
        case mediaURL = "media_url"
        case extendedAttributes = "extended_attributes"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(status.rawValue, forKey: .status)
        try container.encodeOrNull(statusNotes, forKey: .statusNotes)
        try container.encodeOrNull(serviceName, forKey: .serviceName)
        try container.encode(serviceCode, forKey: .serviceCode)
        try container.encodeOrNull(description, forKey: .description)
        try container.encodeOrNull(agencyResponsible, forKey: .agencyResponsible)
        try container.encodeOrNull(serviceNotice, forKey: .serviceNotice)
        try container.encode(GeoReportTime.text(requestedAt), forKey: .requestedAt)
        try container.encode(GeoReportTime.text(updatedAt), forKey: .updatedAt)
        try container.encodeOrNull(expectedAt.map(GeoReportTime.text), forKey: .expectedAt)
        try container.encodeOrNull(address, forKey: .address)
        try container.encodeOrNull(addressID, forKey: .addressID)
        try container.encodeOrNull(zipcode, forKey: .zipcode)
        try container.encodeOrNull(latitude, forKey: .latitude)
        try container.encodeOrNull(longitude, forKey: .longitude)
        try container.encodeOrNull(mediaURL, forKey: .mediaURL)
        if let extendedStatus { try container.encode(["status": extendedStatus.rawValue], forKey: .extendedAttributes) }
    }
}

/// The answer to GET Service Requests and GET Service Request.
package struct ServiceRequestList: GeoReportDocument {
    package static let rootElement = "service_requests"
    package let requests: [ServiceRequest]

    package init(_ requests: [ServiceRequest]) { self.requests = requests }

    package func encode(to encoder: any Encoder) throws {
        try NamedList("request", requests).encode(to: encoder)
    }
}
