/// Something that changed, by what the API calls it: of what kind it is and its id, never a value of it.
package struct Change: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Its id is the number that is shown.
        case order
        case resident, consultation, alarm, device, notice

        /// What a token needs to hear of it.
        var scope: TokenScope {
            switch self {
            case .order: TokenScope(.orders, .read)
            case .resident: TokenScope(.residents, .read)
            case .consultation: TokenScope(.consultations, .read)
            case .alarm: TokenScope(.alarms, .read)
            case .device: TokenScope(.devices, .read)
            case .notice: TokenScope(.notices, .read)
            }
        }

        /// Whether somebody may read what it tells of.
        func isHeard(by staff: StaffMember) -> Bool {
            staff.may(scope) && (self != .resident || staff.has(.register))
        }
    }

    package let kind: Kind
    package let id: String

    package init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.id = id
    }
}

/// What somebody who listens is told next.
package enum ChangeNews: Sendable, Hashable {
    /// Of what they may read; empty where only other things changed.
    case changed([Change])
    /// More changed than was kept for them: whatever they show is to be asked for again.
    case resync
    /// Nothing changed for as long as was waited.
    case quiet
}

/// Somebody's place among those who listen; given back when it is let go of.
package protocol ChangeListener: AnyObject, Sendable {
    /// Waits until something changed.
    ///
    /// - Parameter limit: as long as it waits at most.
    /// - Returns: nil once the node stops.
    func next(within limit: Duration) async throws -> ChangeNews?
}
