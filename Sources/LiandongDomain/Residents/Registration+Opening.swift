import LiandongCore

extension Registration {
    /// A value that may be sealed to purpose `register`.
    package enum Opened: Sendable, Hashable {
        case absent
        /// This node does not hold the purpose.
        case sealed
        case open(String)
    }

    /// The identity number that is shown.
    package func identityNumber(_ purposes: Purposes) -> Opened {
        guard let identity else { return .absent }
        return opened(identity.sealedNumber, purposes)
    }

    package func phone(_ purposes: Purposes) -> Opened {
        switch phone?.content {
        case nil: .absent
        case .text(let text)?: .open(text)
        case .sealed(let bytes)?: opened(bytes, purposes)
        }
    }

    package var residence: ResidenceKind? { residences.first?.text.flatMap(ResidenceKind.init(rawValue:)) }

    private func opened(_ sealed: [UInt8], _ purposes: Purposes) -> Opened {
        purposes.open(Purpose.register, sealed, record.bytes).map { .open(String(decoding: $0, as: UTF8.self)) }
            ?? .sealed
    }
}
