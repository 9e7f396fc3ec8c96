package import Foundation
package import LiandongDomain
package import LiandongReports

/// What the command line asks a running node: one JSON object on one line.
package enum AdminRequest: Codable, Sendable {
    case ping
    case status
    case trace(number: String)
    case submit(Submission)
    case orders(OrderQuery)
    case order(number: String)
    case act(OrderAction)
    case amend(Amendment)
    case addPhoto(PhotoForm)
    /// A photo of an order, by the beginning of its digest.
    case savePhoto(PhotoForm, digest: String)
    /// An order, by its number.
    case narrow(number: String, queryCode: String?, operatorName: String)
    /// A record, by its id or the number of an order.
    case takeOver(record: String)
    case addResident(ResidentForm)
    case resident(id: String)
    case findResidents(text: String)
    case createConsultation(ConsultationForm)
    case consultation(id: String)
    case consultations
    case opine(id: String, text: String)
    case vote(Vote)
    case closeConsultation(id: String)
    /// New codes for these entries of its roll; none: for all.
    case rollCodes(id: String, entries: [String])
    case publishNotice(NoticeForm)
    /// Those that are shown now, or all that are held.
    case notices(isCurrent: Bool)
    case notice(id: String)
    case withdrawNotice(id: String)
    case peers
    case pausePeer(String)
    case resumePeer(String)
    case linkPeer(String)
    case unlinkPeer(String)
    case invite(InviteForm)
    case places
    case addPlace(PlaceForm)
    case renamePlace(code: String, name: String)
    /// Longitude, latitude pairs.
    case setBoundary(code: String, ring: [Double])
    case revoke(RevocationForm)
    /// The root key's file, on this machine.
    case moveSigner(node: String, rootKey: String)
    case forks(limit: Int)
    /// One that a report named, by that name.
    case dismissFork(String, operatorName: String)
    case held(HeldQuery)
    case erase(ErasureForm)
    /// Of one record, by its id or the number of an order, or of all.
    case erasures(record: String?)
    case quotas
    case letIn(origin: String)
    case mute(origin: String)
    case setQuota(records: Int?, bytes: Int?, bulkBytes: Int?)
    case movePlace(code: String, parent: String, isDryRun: Bool)
    case splitGrid(GridSplit)
    case rebuild
    case exportDeltas(file: String)
    case exportBundle(BundleForm)
    case importBundle(file: String)
    /// A peer's name; nil asks every peer that is connected. What is held is checked first unless it is only to be
    /// compared.
    case verify(peer: String?, onlyCompares: Bool)
    case staff(StaffRequest)
    case device(DeviceRequest)

    package struct GridSplit: Codable, Sendable {
        /// The code of the grid that is split.
        package var grid: String
        package var code: String
        package var name: String
        /// Longitude, latitude pairs of the new grid; orders with a location in it are its own.
        package var boundary: [Double]
        /// Of open orders that are to be the new grid's.
        package var numbers: [String]
        package var addressPrefixes: [String]
        package var isDryRun: Bool

        package init(
            grid: String,
            code: String,
            name: String,
            boundary: [Double],
            numbers: [String],
            addressPrefixes: [String],
            isDryRun: Bool
        ) {
            self.grid = grid
            self.code = code
            self.name = name
            self.boundary = boundary
            self.numbers = numbers
            self.addressPrefixes = addressPrefixes
            self.isDryRun = isDryRun
        }
    }

    package struct BundleForm: Codable, Sendable {
        /// An absolute path.
        package var file: String
        /// The name, place code or beginning of the id of the node that it is for.
        package var peer: String
        /// Everything it may have, also what it is known to hold.
        package var all: Bool
        /// Not sealed: whoever finds the file reads it.
        package var plain: Bool

        package init(file: String, peer: String, all: Bool, plain: Bool) {
            self.file = file
            self.peer = peer
            self.all = all
            self.plain = plain
        }
    }

    package struct PhotoForm: Codable, Sendable {
        /// Of the order.
        package var number: String
        /// An absolute path on the node's machine.
        package var file: String
        package var queryCode: String?
        package var operatorName = ""

        package init(number: String, file: String) {
            self.number = number
            self.file = file
        }
    }

    package struct Submission: Codable, Sendable {
        package var service: String
        package var place: String?
        package var text: String
        package var name: String?
        package var phone: String?
        package var address: String?
        package var latitude: Double?
        package var longitude: Double?
        package var channel: String
        /// Milliseconds since 1970.
        package var requestedAt: Int64?
        package var externalSystem: String?
        package var externalIdentifier: String?
        package var closedAt: Int64?
        package var outcome: String?
        package var isDryRun = false

        package init(service: String, place: String?, text: String, channel: String) {
            self.service = service
            self.place = place
            self.text = text
            self.channel = channel
        }
    }

    package struct OrderQuery: Codable, Sendable {
        package var status: String?
        package var holder: String?
        package var service: String?
        package var limit: Int

        package init(status: String?, holder: String?, service: String?, limit: Int) {
            self.status = status
            self.holder = holder
            self.service = service
            self.limit = limit
        }
    }

    package struct OrderAction: Codable, Sendable {
        package var number: String
        package var verb: ActOnWorkOrder.Verb
        package var place: String?
        package var reason: String?
        package var text: String
        package var satisfaction: Int?
        package var queryCode: String?
        package var operatorName: String

        package init(
            number: String,
            verb: ActOnWorkOrder.Verb,
            place: String? = nil,
            reason: String? = nil,
            text: String = "",
            satisfaction: Int? = nil,
            queryCode: String? = nil,
            operatorName: String = ""
        ) {
            self.number = number
            self.verb = verb
            self.place = place
            self.reason = reason
            self.text = text
            self.satisfaction = satisfaction
            self.queryCode = queryCode
            self.operatorName = operatorName
        }
    }

    /// What is to be changed of an order; what is nil stays.
    package struct Amendment: Codable, Sendable {
        package var number: String
        package var queryCode: String?
        package var operatorName = ""
        package var service: String?
        package var text: String?
        package var address: String?
        package var latitude: Double?
        package var longitude: Double?
        /// The code of the place that keeps its papers.
        package var papersAt: String?
        /// Name and phone together, since they are kept as one value.
        package var requester: Requester?
        package var addedReferences: [Reference] = []
        /// Of fields in conflict, the version that is to be the only one.
        package var kept: [KeptVersion] = []

        package init(number: String) { self.number = number }

        package struct Requester: Codable, Sendable {
            package let name: String
            package let phone: String

            package init(name: String, phone: String) {
                self.name = name
                self.phone = phone
            }
        }

        package struct Reference: Codable, Sendable {
            package let system: String
            package let identifier: String

            package init(system: String, identifier: String) {
                self.system = system
                self.identifier = identifier
            }
        }
    }

    package struct ResidentForm: Codable, Sendable {
        package var name: String
        package var identityNumber: String?
        package var phone: String
        package var address: String
        package var source: String

        package init(name: String, identityNumber: String?, phone: String, address: String, source: String) {
            self.name = name
            self.identityNumber = identityNumber
            self.phone = phone
            self.address = address
            self.source = source
        }
    }

    /// What is to lose its personal values, and why.
    package struct ErasureForm: Codable, Sendable {
        /// The id of a registration, or its beginning.
        package var resident: String?
        /// The number of an order.
        package var order: String?
        package var queryCode: String?
        package var reason: String
        package var isDryRun: Bool

        package init(
            resident: String? = nil,
            order: String? = nil,
            queryCode: String? = nil,
            reason: String,
            isDryRun: Bool = false
        ) {
            self.resident = resident
            self.order = order
            self.queryCode = queryCode
            self.reason = reason
            self.isDryRun = isDryRun
        }
    }

    package struct ConsultationForm: Codable, Sendable {
        package var place: String?
        package var title: String
        package var text: String
        /// code=title, or a title alone.
        package var options: [String]
        /// Milliseconds since 1970.
        package var closesAt: Int64
        /// Entries that have one vote each; nil: people vote by their identity numbers.
        package var roll: [String]?

        package init(
            place: String?,
            title: String,
            text: String,
            options: [String],
            closesAt: Int64,
            roll: [String]? = nil
        ) {
            self.place = place
            self.title = title
            self.text = text
            self.options = options
            self.closesAt = closesAt
            self.roll = roll
        }
    }

    package struct NoticeForm: Codable, Sendable {
        package var place: String?
        package var title: String
        package var text: String
        /// Milliseconds since 1970; nil: at once.
        package var from: Int64?
        package var until: Int64

        package init(place: String?, title: String, text: String, from: Int64?, until: Int64) {
            self.place = place
            self.title = title
            self.text = text
            self.from = from
            self.until = until
        }
    }

    package struct Vote: Codable, Sendable {
        package var id: String
        package var option: String
        package var identityNumber: String?
        package var resident: String?
        package var entry: String?
        package var code: String?
        package var channel: String

        package init(
            id: String,
            option: String,
            identityNumber: String?,
            resident: String?,
            entry: String? = nil,
            code: String? = nil,
            channel: String
        ) {
            self.id = id
            self.option = option
            self.identityNumber = identityNumber
            self.resident = resident
            self.entry = entry
            self.code = code
            self.channel = channel
        }
    }

    package struct PlaceForm: Codable, Sendable {
        package var tier: String
        package var code: String
        package var name: String
        /// The code of the place above it; nil where its own digits tell.
        package var parent: String?
        /// Longitude, latitude pairs; empty when not known.
        package var boundary: [Double]

        package init(tier: String, code: String, name: String, parent: String?, boundary: [Double]) {
            self.tier = tier
            self.code = code
            self.name = name
            self.parent = parent
            self.boundary = boundary
        }
    }

    /// Who is to be shut out, and what stays valid: all that is held, what is stamped up to a time, or the lanes named.
    package struct RevocationForm: Codable, Sendable {
        package var node: String
        package var reason: String
        /// Milliseconds since 1970.
        package var until: Int64?
        /// LANE:SEQ, the lane's id in hexadecimal.
        package var lanes: [String]?
        package var isDryRun: Bool

        package init(node: String, reason: String, until: Int64?, lanes: [String]?, isDryRun: Bool) {
            self.node = node
            self.reason = reason
            self.until = until
            self.lanes = lanes
            self.isDryRun = isDryRun
        }
    }

    /// A page of what is held and not shown.
    package struct HeldQuery: Codable, Sendable {
        package var limit: Int
        /// DELTA.INDEX of the last op of the page before.
        package var after: String?

        package init(limit: Int, after: String?) {
            self.limit = limit
            self.after = after
        }
    }

    package struct InviteForm: Codable, Sendable {
        package var tier: String
        package var name: String
        package var code: String
        package var parent: String?
        package var hours: Double
        package var placeName: String?

        package init(
            tier: String,
            name: String,
            placeName: String?,
            code: String,
            parent: String?,
            hours: Double
        ) {
            self.placeName = placeName
            self.tier = tier
            self.name = name
            self.code = code
            self.parent = parent
            self.hours = hours
        }
    }
}

/// What a node answers: a report as JSON, or why there is none.
package struct AdminAnswer: Codable, Sendable {
    package var report: Data?
    package var error: NodeError?

    package init(report: Data) { self.report = report }
    package init(error: NodeError) { self.error = error }
}

/// The bounds of one exchange on the admin socket.
enum AdminLimits {
    static let requestByteLimit = 1 << 20
    static let answerByteLimit = 64 << 20
}
