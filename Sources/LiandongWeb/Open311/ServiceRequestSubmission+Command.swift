package import LiandongCore
package import LiandongDomain
package import LiandongOpen311

extension ServiceRequestSubmission {
    /// The command that hands it in.
    ///
    /// - Parameter consent: where a clerk takes it in at the counter: how the requester agreed.
    package func command(
        _ authority: AuthorityState,
        channel: String,
        consent: String? = nil
    ) throws(Refusal) -> SubmitWorkOrder {
        SubmitWorkOrder(
            service: serviceCode,
            place: try authority.resolve(addressID: addressID, location: location)?.id,
            description: description ?? "",
            address: address ?? "",
            location: location,
            channel: channel,
            contact: Contact(name: name ?? "", phone: phone ?? "", email: email ?? ""),
            media: mediaURL.map { [$0] } ?? [],
            attributes: attributes,
            consent: consent
        )
    }
}
