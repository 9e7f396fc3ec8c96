package import LiandongDomain

/// What the command line asks of devices, alarms and series.
package enum DeviceRequest: Codable, Sendable {
    case add(Form)
    case change(Form)
    /// A kind's word; nil: all.
    case list(kind: String?)
    case show(String)
    /// Why its readings did what they did.
    case explain(String)
    case block(String, reason: String, isBlocked: Bool)
    /// Another token; those before it are worth nothing any more when it replaces them.
    case token(String, replacing: Bool)
    /// The rules in force for a kind, at a place's code or this node's own.
    case rules(kind: String, place: String?)
    /// Sets the rules of a file, by its text.
    case setRules(file: String, place: String?)
    case alarms(AlarmQuery)
    case alarm(String)
    case act(AlarmAct)
    case series(SeriesQuery)
    case quarantine(limit: Int)
    /// One, by its number, or all.
    case replay(number: Int64?)

    package struct Form: Codable, Sendable {
        package var code: String
        package var kind = ""
        package var name: String?
        package var model: String?
        /// The code of a grid.
        package var place: String?
        package var address: String?
        package var latitude: Double?
        package var longitude: Double?
        package var reported: [String]?
        /// NAME:PHONE each.
        package var hearers: [String]?

        package init(code: String) { self.code = code }
    }

    package struct AlarmQuery: Codable, Sendable {
        package var device: String?
        package var type: String?
        /// "open", "closed" or a status.
        package var status: String?
        package var severity: String?
        package var limit = 100

        package init() {}
    }

    package struct AlarmAct: Codable, Sendable {
        package var alarm: String
        package var verb: ActOnAlarm.Verb
        package var result: String?
        package var service: String?
        package var text = ""
        package var operatorName = ""

        package init(_ alarm: String, _ verb: ActOnAlarm.Verb) {
            self.alarm = alarm
            self.verb = verb
        }
    }

    package struct SeriesQuery: Codable, Sendable {
        package var device: String
        package var series: String
        /// Milliseconds since 1970.
        package var from: Int64
        package var to: Int64
        /// "raw", "minute", "hour" or "day".
        package var resolution: String
        package var limit: Int

        package init(device: String, series: String, from: Int64, to: Int64, resolution: String, limit: Int) {
            self.device = device
            self.series = series
            self.from = from
            self.to = to
            self.resolution = resolution
            self.limit = limit
        }
    }
}
