package import LiandongCore

extension AuthorityState {
    /// A place's name, or its id when the chain does not know it.
    package func name(of place: PlaceID) -> String { places[place]?.name ?? "place \(place)" }

    /// A place's code, or its id when the chain does not know it.
    package func code(of place: PlaceID) -> String { places[place]?.code ?? "\(place)" }

    /// - Throws: a refusal that names the code.
    package func requirePlace(code: String) throws(Refusal) -> Place {
        if let place = place(code: code) { return place }
        throw Refusal(.placeCodeUnknown, code)
    }

    /// The place that answers for what happens here: itself, or for a grid the community it lies in.
    package func responsiblePlace(for place: PlaceID) -> PlaceID {
        line(of: place).first { places[$0].map { $0.tier != .grid } ?? false } ?? place
    }

    /// Where a request belongs: the code's place, else the place whose boundary holds the point.
    ///
    /// - Returns: nil when neither tells: the accepting node stays responsible.
    /// - Throws: a refusal for a code that no place has.
    package func resolve(addressID: String?, location: GeoPoint?) throws(Refusal) -> Place? {
        if let addressID, !addressID.isEmpty { return try requirePlace(code: addressID) }
        return location.flatMap { place(longitude: $0.longitude, latitude: $0.latitude) }
    }
}
