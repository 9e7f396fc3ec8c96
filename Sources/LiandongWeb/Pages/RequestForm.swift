import LiandongCore
import LiandongDomain
import LiandongOpen311

/// The form of a request, as residents fill it in and clerks for somebody at the counter.
struct RequestForm: Sendable {
    let code: String
    let name: String
    let description: String
    let deadline: String
    let problem: String?
    let form: Form
    let attributes: [Attribute]
    let places: [PlaceGroup]
    /// Photos that were chosen before.
    var attached: Attached?
    /// What only clerks fill in.
    var counter: CounterFields?

    struct Attached: Sendable {
        let token: String
        let words: String
    }

    struct Form: Sendable {
        var description = ""
        var address = ""
        var latitude = ""
        var longitude = ""
        var name = ""
        var phone = ""
    }

    struct Attribute: Sendable {
        let code: String
        let description: String
        let required: Bool
        let isList: Bool
        let value: String
        let choices: [PageChoice]
    }

    struct PlaceGroup: Sendable {
        let name: String
        let places: [Choice]
    }

    struct Choice: Sendable {
        let code: String
        let name: String
        let isChosen: Bool
    }
}

/// What of a request becomes public and what does not, to be confirmed before it is sent.
struct RequestPreview: Sendable {
    let service: String
    let open: [PageFact]
    let closed: [PageFact]
    let goesTo: String
    /// All that was typed, to be sent again.
    let fields: [Field]
    let key: String

    struct Field: Sendable {
        let name: String
        let value: String
    }
}

extension PageRoutes {
    func requestForm(
        for service: Service,
        filledWith form: FormParameters,
        _ request: PageRequest,
        problem: Problem? = nil
    ) -> RequestForm {
        let text = text(request)
        func value(_ name: String) -> String { ((try? form.value(name)) ?? nil) ?? "" }
        return RequestForm(
            code: service.code,
            name: text(service.name),
            description: text(service.description),
            deadline: text(service.deadline.name),
            problem: problem?.words(in: request.language),
            form: .init(
                description: value("description"),
                address: value("address_string"),
                latitude: value("lat"),
                longitude: value("long"),
                name: value("first_name"),
                phone: value("phone")
            ),
            attributes: service.attributes.map { attribute in
                let given = value("attribute[\(attribute.code)]")
                return .init(
                    code: attribute.code,
                    description: text(attribute.description),
                    required: attribute.isRequired,
                    isList: !attribute.values.isEmpty,
                    value: given,
                    choices: attribute.values.map {
                        PageChoice(key: $0.key, name: text($0.name), isChosen: $0.key == given)
                    }
                )
            },
            places: placeGroups(chosen: value("address_id"))
        )
    }

    /// The communities by street; this node's own is chosen unless another was.
    private func placeGroups(chosen code: String) -> [RequestForm.PlaceGroup] {
        let authority = desk.authority
        let chosen = code.isEmpty ? desk.place.map { authority.code(of: $0) } ?? "" : code
        let places = authority.places.values.sorted { ($0.code, $0.id) < ($1.code, $1.id) }
        return places.filter { $0.tier == .district || $0.tier == .street }.map { parent in
            let own =
                [parent]
                + authority.children(of: parent.id).compactMap { authority.places[$0] }
                .filter { $0.tier == .community }.sorted { $0.code < $1.code }
            return .init(
                name: parent.name,
                places: own.map { .init(code: $0.code, name: $0.name, isChosen: $0.code == chosen) }
            )
        }
    }

    /// - Parameter more: further fields of the form, to be sent again.
    func preview(
        _ submission: ServiceRequestSubmission,
        _ service: Service,
        _ request: PageRequest,
        with more: [String] = [],
        photos: ChosenPhotos = ChosenPhotos()
    ) -> RequestPreview {
        let text = text(request)
        let authority = desk.authority
        let place = submission.addressID.flatMap { authority.place(code: $0) }
        let answers = submission.attributes.map { answer in
            let attribute = service.attributes.first { $0.code == answer.code }
            let choice = attribute?.values.first { $0.key == answer.value }
            return PageFact(
                attribute.map { text($0.description) } ?? answer.code,
                choice.map { text($0.name) } ?? answer.value
            )
        }
        let open = [
            PageFact(text(Localized("事项", "Service")), text(service.name)),
            PageFact(text(Localized("情况说明", "What happened")), submission.description),
            PageFact(text(Localized("所属社区", "Community")), place?.name),
            PageFact(text(Localized("详细地址", "Address")), submission.address),
            PageFact(
                text(Localized("位置", "Position")),
                submission.location.map { "\($0.latitude), \($0.longitude)" }
            ),
        ]
        let closed = [
            PageFact(text(Localized("姓名", "Name")), submission.name),
            PageFact(text(Localized("联系电话", "Phone")), submission.phone),
            PageFact(text(Localized("照片", "Photos")), photos.words(text)),
        ]
        let here = desk.place.map { authority.name(of: $0) } ?? ""
        let goesTo =
            place.map { $0.id != desk.place } ?? false
            ? Localized(
                "由\(here)受理，并移交\(place?.name ?? "")。",
                "\(here) takes it in and offers it to \(place?.name ?? "")."
            )
            : Localized("由\(here)受理。", "\(here) takes it in.")
        let names =
            ["service_code", "description", "address_id", "address_string", "lat", "long", "first_name", "phone"]
            + more + service.attributes.map { "attribute[\($0.code)]" }
        return RequestPreview(
            service: text(service.name),
            open: (open + answers).compactMap { $0 },
            closed: closed.compactMap { $0 },
            goesTo: text(goesTo),
            fields: names.compactMap { name in
                ((try? request.form.value(name)) ?? nil).map { .init(name: name, value: $0) }
            } + (photos.token.map { [.init(name: ChosenPhotos.keptField, value: $0)] } ?? []),
            key: PageRequest.newKey()
        )
    }
}
