package import LiandongDomain

/// What POST Service Request hands in.
package struct ServiceRequestSubmission: Sendable, Hashable {
    package var serviceCode: String
    package var location: GeoPoint?
    package var address: String?
    /// A 12-digit place code or a grid code.
    package var addressID: String?
    package var description: String?
    package var email: String?
    package var deviceID: String?
    package var accountID: String?
    package var firstName: String?
    package var lastName: String?
    package var phone: String?
    package var mediaURL: String?
    /// In the order given; a list's code stands once for each value chosen.
    package var attributes: [AttributeValue]

    /// In characters.
    package static let descriptionLimit = 4000

    package init(
        serviceCode: String,
        location: GeoPoint? = nil,
        address: String? = nil,
        addressID: String? = nil,
        description: String? = nil,
        email: String? = nil,
        deviceID: String? = nil,
        accountID: String? = nil,
        firstName: String? = nil,
        lastName: String? = nil,
        phone: String? = nil,
        mediaURL: String? = nil,
        attributes: [AttributeValue] = []
    ) {
        self.serviceCode = serviceCode
        self.location = location
        self.address = address
        self.addressID = addressID
        self.description = description
        self.email = email
        self.deviceID = deviceID
        self.accountID = accountID
        self.firstName = firstName
        self.lastName = lastName
        self.phone = phone
        self.mediaURL = mediaURL
        self.attributes = attributes
    }

    /// Reads a form.
    ///
    /// - Throws: error 400 naming the parameter, its value, the bound and the way out.
    package init(_ form: FormParameters) throws(GeoReportError) {
        guard let code = try form.value("service_code", limit: 40) else {
            throw .missing("service_code", wayOut: "give the code of one of the services", zh: "没有选事项，请选一个")
        }
        self.init(
            serviceCode: code,
            location: try GeoPoint(form),
            address: try form.value("address_string", limit: 400),
            addressID: try form.value("address_id", limit: 40),
            description: try form.value("description", limit: ServiceRequestSubmission.descriptionLimit),
            email: try form.email(),
            deviceID: try form.value("device_id", limit: 200),
            accountID: try form.value("account_id", limit: 200),
            firstName: try form.value("first_name", limit: 100),
            lastName: try form.value("last_name", limit: 100),
            phone: try form.phone(),
            mediaURL: try form.mediaURL(),
            attributes: try form.attributes()
        )
        guard location != nil || address != nil || addressID != nil else {
            throw .missing("a location", wayOut: "give lat and long, address_string or address_id", zh: "没有地点，请选社区或写地址")
        }
    }

    /// The requester's name as one text: family name first where it is written in Chinese.
    package var name: String? {
        let family = lastName ?? ""
        let given = firstName ?? ""
        let isHan = (family + given).unicodeScalars.contains { (0x3400...0x9FFF).contains($0.value) }
        let name = isHan ? family + given : [given, family].filter { !$0.isEmpty }.joined(separator: " ")
        return name.isEmpty ? nil : name
    }
}

extension GeoPoint {
    /// - Returns: nil when neither lat nor long is given.
    fileprivate init?(_ form: FormParameters) throws(GeoReportError) {
        let latitude = try form.degrees("lat", bound: 90)
        let longitude = try form.degrees("long", bound: 180)
        switch (latitude, longitude) {
        case (nil, nil): return nil
        case (nil, .some):
            throw .missing("lat", wayOut: "give it beside long, or leave both out", zh: "只有经度没有纬度，请都填或都不填")
        case (.some, nil):
            throw .missing("long", wayOut: "give it beside lat, or leave both out", zh: "只有纬度没有经度，请都填或都不填")
        case (.some(let latitude), .some(let longitude)): self.init(latitude: latitude, longitude: longitude)
        }
    }
}

extension FormParameters {
    fileprivate func degrees(_ name: String, bound: Double) throws(GeoReportError) -> Double? {
        guard let text = try value(name) else { return nil }
        let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E].contains($0) }
        guard isPlain, text.utf8.count <= 40, let value = Double(text) else {
            throw .invalid(
                name,
                text,
                "it is not a number; give degrees of WGS 84 such as 23.05",
                zh: "不是数字，请填 WGS 84 度数，如 23.05"
            )
        }
        guard abs(value) <= bound else {
            throw .invalid(
                name,
                text,
                "it is out of range; give −\(Int(bound)) to \(Int(bound)) degrees of WGS 84",
                zh: "超出范围，应在 −\(Int(bound)) 到 \(Int(bound)) 度之间"
            )
        }
        return value
    }

    fileprivate func email() throws(GeoReportError) -> String? {
        guard let text = try value("email", limit: 254) else { return nil }
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty }), !text.contains(where: \.isWhitespace) else {
            throw .invalid(
                "email",
                text,
                "it is not an address; give one such as name@example.org, or leave it out",
                zh: "不是邮箱地址，请改正或不填"
            )
        }
        return text
    }

    fileprivate func phone() throws(GeoReportError) -> String? {
        guard let text = try value("phone", limit: 40) else { return nil }
        guard text.utf8.contains(where: { (0x30...0x39).contains($0) }) else {
            throw .invalid(
                "phone",
                text,
                "it has no digit; give a number such as 0758-2234567, or leave it out",
                zh: "没有数字，请填号码，如 0758-2234567，或不填"
            )
        }
        return text
    }

    fileprivate func mediaURL() throws(GeoReportError) -> String? {
        guard let text = try value("media_url", limit: 2000) else { return nil }
        let lowercased = text.lowercased()
        guard
            lowercased.hasPrefix("http://") || lowercased.hasPrefix("https://"),
            !text.contains(where: \.isWhitespace)
        else {
            throw .invalid("media_url", text, "it is not a web address; give one that begins with https://")
        }
        return text
    }

    /// `attribute[CODE]=value`, and `attribute[CODE][]=value` for each value of a list.
    fileprivate func attributes() throws(GeoReportError) -> [AttributeValue] {
        var attributes: [AttributeValue] = []
        for pair in pairs where pair.name.hasPrefix("attribute[") {
            let rest = pair.name.dropFirst("attribute[".count)
            guard let end = rest.firstIndex(of: "]"), end != rest.startIndex else {
                throw GeoReportError(
                    code: 400,
                    description: "\(GeoReportError.quoted(pair.name)) names no attribute; write attribute[CODE]"
                )
            }
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail == "[]" || (tail.first == "[" && tail.last == "]") else {
                throw GeoReportError(
                    code: 400,
                    description: "\(GeoReportError.quoted(pair.name)) is malformed; write attribute[CODE]"
                )
            }
            let count = pair.value.unicodeScalars.count
            guard count <= 1000 else {
                throw .invalid(
                    "attribute[\(GeoReportError.quoted(String(rest[..<end])))]",
                    pair.value,
                    "it has \(count) characters, at most 1000 are allowed; shorten it",
                    zh: "有\(count)个字，最多1000个，请缩短"
                )
            }
            attributes.append(AttributeValue(code: String(rest[..<end]), value: pair.value))
        }
        guard attributes.count <= 50 else {
            throw GeoReportError(
                code: 400,
                description: "the request answers \(attributes.count) attributes, at most 50 are allowed; send fewer"
            )
        }
        return attributes
    }
}
