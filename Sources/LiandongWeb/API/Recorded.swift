package import LiandongCore
package import LiandongDomain
package import LiandongReports

/// A command whose receipt comes down to one id, so that it can be kept for a request that comes twice.
package struct Recorded<Inner: Command>: Command {
    private let command: Inner
    private let id: @Sendable (Inner.Receipt) -> String

    /// - Parameter id: what the caller is told of what was written.
    package init(_ command: Inner, _ id: @escaping @Sendable (Inner.Receipt) -> String) {
        self.command = command
        self.id = id
    }

    package struct Receipt: Codable, Sendable {
        package let id: String
    }

    package var identityNumbers: [String] { command.identityNumbers }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let plan = try command.plan(reader, context)
        return Plan(drafts: plan.drafts, receipt: Receipt(id: id(plan.receipt)))
    }
}

/// Hands in a work order; its receipt can be kept for a request that comes twice.
package struct HandIn: Command {
    private let order: SubmitWorkOrder

    package init(_ order: SubmitWorkOrder) { self.order = order }

    package struct Receipt: Codable, Sendable {
        package let record: String
        package let number: String
        package let queryCode: String
        package let holder: String
        package let offeredTo: String?
    }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<Receipt> {
        let plan = try order.plan(reader, context)
        let authority = context.authority
        return Plan(
            drafts: plan.drafts,
            receipt: Receipt(
                record: "\(plan.receipt.record)",
                number: plan.receipt.number,
                queryCode: plan.receipt.queryCode,
                holder: authority.code(of: plan.receipt.holder),
                offeredTo: plan.receipt.offeredTo.map { authority.code(of: $0) }
            )
        )
    }
}

/// Gives out codes of a roll.
///
/// Its receipt has them in clear: it is performed without an idempotency key, so that nothing keeps it.
package struct GiveOutCodes: Command {
    private let command: IssueRollCodes

    package init(_ command: IssueRollCodes) { self.command = command }

    package func plan(_ reader: any DomainReader, _ context: CommandContext) throws -> Plan<RollCodesReport> {
        let plan = try command.plan(reader, context)
        return Plan(drafts: plan.drafts, receipt: RollCodesReport(plan.receipt, at: context.now))
    }
}

extension ReceiptReport {
    package init(_ receipt: HandIn.Receipt, at now: Instant) {
        self.init(
            asOf: now.iso8601,
            number: receipt.number,
            queryCode: receipt.queryCode,
            record: receipt.record,
            holder: receipt.holder,
            offeredTo: receipt.offeredTo
        )
    }
}
