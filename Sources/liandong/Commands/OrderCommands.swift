import ArgumentParser
import LiandongDomain
import LiandongNode
import LiandongReports

struct SubmitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Hand in a request for any place of the district; prints number and query code."
    )

    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The service's code, such as 0101.") var service: String
    @Option(help: "The 12-digit code of the place it is for, or a grid's code.") var place: String
    @Option(help: "What is wanted.") var text: String
    @Option(help: "Who asks.") var name: String?
    @Option(help: "Their phone.") var phone: String?

    func run() throws {
        var form = AdminRequest.Submission(service: service, place: place, text: text, channel: "counter")
        form.name = name
        form.phone = phone
        try output.show(.submit(form), of: node.folder, as: ReceiptReport.self) {
            Console.print("\($0.number) \($0.queryCode)")
        }
    }
}

struct OrderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "Look at work orders and act on them.",
        subcommands: [
            List.self, Show.self, Accept.self, Decline.self, File.self, Dispatch.self, Sign.self, Handle.self,
            Handled.self, Verify.self, Rework.self, Revisit.self, Close.self, Reopen.self, Archive.self, Note.self,
            Amend.self, Offer.self, Take.self, Refuse.self, Withdraw.self, Lapse.self, Pick.self, Narrow.self,
            Erase.self, PhotoCommand.self,
        ]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The work orders held here, the newest first.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "open, closed, or one of the statuses.") var status: String?
        @Option(help: "The code of the place that holds it.") var holder: String?
        @Option(help: "The service's code.") var service: String?
        @Option(help: "At most so many.") var limit = 100

        func run() throws {
            let query = AdminRequest.OrderQuery(status: status, holder: holder, service: service, limit: limit)
            try output.show(.orders(query), of: node.folder, as: OrdersReport.self) { report in
                Console.table(
                    ["NUMBER", "STATUS", "SERVICE", "FOR", "HOLDER", "TEXT"],
                    report.orders.map {
                        [
                            $0.number, $0.verifying ? "\($0.status)?" : $0.status, $0.service, $0.place, $0.holder,
                            String($0.text.prefix(40)),
                        ]
                    }
                )
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "One work order with its history.")

        @Argument(help: "Its number.") var number: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.order(number: number), of: node.folder, as: OrderReport.self, print)
        }
    }

    /// What every action takes.
    struct ActionOptions: ParsableArguments {
        @Argument(help: "The order's number.") var number: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "What to say with it.") var text = ""
        @Option(help: "Who does it.") var `operator` = ""
        @Option(help: "Tells orders apart that share a number.") var queryCode: String?

        func run(
            _ verb: ActOnWorkOrder.Verb,
            to place: String? = nil,
            reason: String? = nil,
            satisfaction: Int? = nil
        ) throws {
            let action = AdminRequest.OrderAction(
                number: number,
                verb: verb,
                place: place,
                reason: reason,
                text: text,
                satisfaction: satisfaction,
                queryCode: queryCode,
                operatorName: `operator`
            )
            try output.show(.act(action), of: node.folder, as: OrderReport.self, printLine)
        }
    }

    /// What every change of an order prints.
    static func printLine(_ order: OrderReport) {
        Console.print("\(order.number) \(order.status), held by \(names(order.holders))")
    }

    private static func names(_ places: [PlaceReport]) -> String {
        places.map { "\($0.code) \($0.name)" }.joined(separator: ", ")
    }

    static func print(_ order: OrderReport) {
        Console.print("\(order.number)  \(order.status)  service \(order.service)  round \(order.round)")
        if order.verifying { Console.print(Console.verifying) }
        if order.numbers.count > 1 { Console.print("also    \(order.numbers.dropFirst().joined(separator: ", "))") }
        Console.print("for     \(order.place.code) \(order.place.name)")
        Console.print("taken   at \(order.acceptedAt.code) \(order.acceptedAt.name), \(order.requestedAt)")
        Console.print("held    by \(names(order.holders))")
        if let erasedAt = order.erasedAt { Console.print("erased  on \(erasedAt)") }
        if let text = order.description, !text.isEmpty { Console.print("text    \(text)") }
        if let address = order.address, !address.isEmpty { Console.print("address \(address)") }
        if let latitude = order.latitude, let longitude = order.longitude {
            Console.print("at      \(latitude), \(longitude)")
        }
        for reference in order.references { Console.print("known   to \(reference.system) as \(reference.identifier)") }
        order.attachments.forEach(printPhoto)
        if let requester = order.requester { Console.print("by      \(requester) \(order.phone ?? "")") }
        for offer in order.offers {
            Console.print("offer   \(offer.from.name) → \(offer.to.name): \(offer.state) \(offer.reason)")
        }
        if let dispute = order.dispute {
            Console.print(
                "DISPUTE \(dispute.claimants.map(\.name).joined(separator: " / ")); \(dispute.decider.name) decides, "
                    + "else \(dispute.arbiter.name)"
            )
        }
        for conflict in order.conflicts {
            Console.print("CONFLICT of \(conflict.field); choose by `order amend --keep \(conflict.field)=VERSION`")
            for version in conflict.versions {
                Console.print("        \(version.version)  \(version.at)  \(version.by.name)  \(version.value)")
            }
        }
        Console.table(
            ["WHEN", "WHAT", "BY", "TO", "TEXT"],
            order.events.map { event in
                let what = event.applied ? event.act : "(\(event.act))"
                return [event.at, what, event.by.name, event.to?.name ?? "", event.note ?? event.text]
            }
        )
    }
}

extension OrderCommand {
    struct Accept: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take it on as this place's business.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.accept) }
    }

    struct Decline: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say no, with a reason code, and in --text where the requester should go."
        )
        @OptionGroup var action: ActionOptions
        @Option(help: "outside-district, outside-remit, in-court, emergency, repeated or unfounded.") var reason: String
        func run() throws { try action.run(.decline, reason: reason) }
    }

    struct File: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "File it.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.file) }
    }

    struct Dispatch: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give it to whom will handle it; the clocks start.")
        @OptionGroup var action: ActionOptions
        @Option(help: "The code of the place; this one when left out.") var to: String?
        func run() throws { try action.run(.dispatch, to: to) }
    }

    struct Sign: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Sign for what was dispatched here.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.sign) }
    }

    struct Handle: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin handling.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.handle) }
    }

    struct Handled: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that it is done.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.handled) }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Confirm that it is done.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.verify) }
    }

    struct Rework: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "It is not done: a new round begins.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.rework) }
    }

    struct Revisit: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Note what the requester thinks of it.")
        @OptionGroup var action: ActionOptions
        @Option(help: "1 to 5.") var satisfaction: Int?
        func run() throws { try action.run(.revisit, satisfaction: satisfaction) }
    }

    struct Close: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Close it.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.close) }
    }

    struct Reopen: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Begin another round, keeping the old ones.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.reopen) }
    }

    struct Archive: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put it away.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.archive) }
    }

    struct Note: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write --text into its history.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.note) }
    }

    struct Offer: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer it to another place; it stays here until taken."
        )
        @OptionGroup var action: ActionOptions
        @Option(help: "The code of the place.") var to: String
        func run() throws { try action.run(.offer, to: to) }
    }

    struct Take: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take what was offered to this place.")
        @OptionGroup var action: ActionOptions
        func run() throws { try action.run(.take) }
    }

    struct Refuse: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Refuse what was offered to this place.")
        @OptionGroup var action: ActionOptions
        @Option(help: "Why.") var reason: String
        func run() throws { try action.run(.refuse, reason: reason) }
    }

    struct Withdraw: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take an offer back.")
        @OptionGroup var action: ActionOptions
        @Option(help: "The code of the place it was made to, where there are several.") var to: String?
        func run() throws { try action.run(.withdraw, to: to) }
    }

    struct Lapse: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say that an offer was not answered in time.")
        @OptionGroup var action: ActionOptions
        @Option(help: "The code of the place it was made to, where there are several.") var to: String?
        func run() throws { try action.run(.lapse, to: to) }
    }

    struct Pick: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Decide a dispute for one of its claimants.")
        @OptionGroup var action: ActionOptions
        @Option(help: "The code of the place.") var to: String
        func run() throws { try action.run(.pick, to: to) }
    }
}
