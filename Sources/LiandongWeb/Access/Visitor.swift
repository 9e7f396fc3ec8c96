package import LiandongCore

/// Who asks.
package enum Visitor: Sendable, Hashable {
    case anyone
    case staff(StaffMember)

    package var staff: StaffMember? {
        switch self {
        case .anyone: nil
        case .staff(let member): member
        }
    }

    /// Whether it is staff with this role.
    package func has(_ role: StaffRole) -> Bool { staff?.has(role) ?? false }

    /// Whether it is staff whose scope the place lies in.
    package func sees(_ place: PlaceID, _ authority: AuthorityState) -> Bool {
        staff?.sees(place, authority) ?? false
    }
}

/// What a member of staff may do at this node; one may have several.
package enum StaffRole: String, Sendable, Hashable, CaseIterable, Comparable {
    /// 窗口, accepts and handles work orders.
    case clerk
    /// 网格员, handles those of a grid on the street.
    case gridWorker = "grid_worker"
    /// 调解员, handles disputes.
    case mediator
    /// 登记, registers residents and sees their personal values.
    case register
    /// 运维, looks after the node and the cluster.
    case `operator`

    package static func < (a: StaffRole, b: StaffRole) -> Bool { a.rawValue < b.rawValue }

    /// Those who work on orders.
    static let handling: Set<StaffRole> = [.clerk, .gridWorker, .mediator]
    /// Those of them who also take orders in, correct them, and act on alarms.
    static let accepting: Set<StaffRole> = [.clerk, .gridWorker]
    /// Those who take requests in on somebody's behalf.
    static let atCounter: Set<StaffRole> = [.clerk]
    /// Those who see who lives where.
    static let registering: Set<StaffRole> = [.register]
}

/// A member of staff who has shown who they are.
package struct StaffMember: Sendable, Hashable {
    /// How they showed it.
    package enum Way: Sendable, Hashable {
        /// Signed in with a password.
        case session
        /// With a token for programs, which may do no more than its scopes say.
        case token(id: String, scopes: Set<TokenScope>)
    }

    package let account: String
    /// As colleagues know them.
    package let name: String
    package let roles: Set<StaffRole>
    /// They see this place and what is under it.
    package let scope: PlaceID
    package let way: Way

    package init(account: String, name: String, roles: Set<StaffRole>, scope: PlaceID, way: Way) {
        self.account = account
        self.name = name
        self.roles = roles
        self.scope = scope
        self.way = way
    }

    package func has(_ role: StaffRole) -> Bool { roles.contains(role) }

    /// Whether the place is in their scope.
    package func sees(_ place: PlaceID, _ authority: AuthorityState) -> Bool { authority.isWithin(place, scope) }

    /// Whether people of their scope vote on what the place asks: those of a community on what its street asks, too.
    func takesBallots(of place: PlaceID, _ authority: AuthorityState) -> Bool {
        sees(place, authority) || authority.isWithin(scope, place)
    }

    /// Whether the way they came allows this; nil is for people alone.
    package func may(_ needed: TokenScope?) -> Bool {
        switch way {
        case .session: true
        case .token(_, let scopes): needed.map { $0.isGranted(by: scopes) } ?? false
        }
    }
}

/// What a token for programs may do: `orders:read`, `orders:write`; writing includes reading.
package struct TokenScope: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// What the API has routes for.
    package enum Area: String, Sendable, CaseIterable {
        case orders, residents, consultations, notices, places, alarms, devices, status
    }

    package enum Use: String, Sendable, CaseIterable {
        case read, write
    }

    package let area: Area
    package let use: Use

    package init(_ area: Area, _ use: Use) {
        self.area = area
        self.use = use
    }

    /// - Returns: nil for what is no scope of this build.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let area = parts.first.flatMap({ Area(rawValue: String($0)) }),
            let use = parts.last.flatMap({ Use(rawValue: String($0)) })
        else { return nil }
        self.init(area, use)
    }

    package static var all: [TokenScope] { Area.allCases.flatMap { area in Use.allCases.map { TokenScope(area, $0) } } }

    package var description: String { "\(area.rawValue):\(use.rawValue)" }

    package static func < (a: TokenScope, b: TokenScope) -> Bool { a.description < b.description }

    func isGranted(by scopes: Set<TokenScope>) -> Bool {
        scopes.contains(self) || (use == .read && scopes.contains(TokenScope(area, .write)))
    }
}
