package import LiandongCore

/// Which work order a command is about.
package enum WorkOrderSelector: Sendable, Hashable {
    case record(RecordID)
    /// The query code tells orders apart that share a number; elsewhere it is not needed.
    case number(String, queryCode: String? = nil)

    /// - Throws: a refusal when no order, or more than one, is meant.
    package func find(_ reader: any DomainReader, _ context: CommandContext) throws -> (RecordView, WorkOrder) {
        switch self {
        case .record(let id):
            guard let view = try reader.record(id), let order = WorkOrder.fold(view, context.authority) else {
                throw Refusal(.orderUnknown, id)
            }
            return (view, order)
        case .number(let number, let queryCode):
            return try find(number, queryCode, reader, context)
        }
    }

    private func find(
        _ number: String,
        _ queryCode: String?,
        _ reader: any DomainReader,
        _ context: CommandContext
    ) throws -> (RecordView, WorkOrder) {
        var found: [(RecordView, WorkOrder)] = []
        for id in try reader.workOrders(number: number) {
            guard let view = try reader.record(id), let order = WorkOrder.fold(view, context.authority) else {
                continue
            }
            found.append((view, order))
        }
        if found.count > 1, let queryCode {
            found = found.filter { $0.1.isQueryCode(queryCode, context.cryptography) }
        }
        guard let first = found.first else {
            throw Refusal(.orderNumberUnknown, number)
        }
        guard found.count == 1 else {
            let records = found.map { $0.1.record.description }.joined(separator: ", ")
            throw Refusal(.numberShared, found.count, number, records)
        }
        return first
    }
}
