package import LiandongCore
package import LiandongDomain
package import LiandongOpen311

extension ServiceRequestSubmission {
    /// The command that hands it in.
    package func command(_ authority: AuthorityState, channel: String) throws(Refusal) -> SubmitWorkOrder {
        SubmitWorkOrder(
            service: serviceCode,
            place: try authority.resolve(addressID: addressID, location: location)?.id,
            description: description ?? "",
            address: address ?? "",
            location: location,
            channel: channel,
            contact: Contact(name: name ?? "", phone: phone ?? "", email: email ?? ""),
            media: mediaURL.map { [$0] } ?? [],
            attributes: attributes
        )
    }
}
