import ArgumentParser
import LiandongNode
import LiandongReports

extension OrderCommand {
    struct Amend: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Correct what an order says; what is not given stays as it is."
        )

        @Argument(help: "The order's number.") var number: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "What is wanted.") var text: String?
        @Option(help: "Where.") var address: String?
        @Option(help: "The service's code.") var service: String?
        @Option(parsing: .unconditional, help: "Degrees north; with --long.") var lat: Double?
        @Option(parsing: .unconditional, help: "Degrees east; with --lat.") var long: Double?
        @Option(help: "The code of the place that keeps the papers.") var papersAt: String?
        @Option(help: "Who asks; with --phone, since both are replaced together.") var name: String?
        @Option(help: "Their phone; with --name.") var phone: String?
        @Option(help: "Its name in another system, as SYSTEM=NAME; once for each.") var reference: [String] = []
        @Option(help: "Of a field in conflict the version to keep, as FIELD=VERSION; once for each.")
        var keep: [String] = []
        @Option(help: "Who corrects it.") var `operator` = ""
        @Option(help: "Tells orders apart that share a number.") var queryCode: String?

        func run() throws {
            var amendment = AdminRequest.Amendment(number: number)
            amendment.queryCode = queryCode
            amendment.operatorName = `operator`
            amendment.service = service
            amendment.text = text
            amendment.address = address
            amendment.latitude = lat
            amendment.longitude = long
            amendment.papersAt = papersAt
            amendment.requester = try requester()
            amendment.addedReferences = try reference.map(Self.reference)
            amendment.kept = try keep.map(Self.kept)
            try output.show(.amend(amendment), of: node.folder, as: OrderReport.self, OrderCommand.printLine)
        }

        private func requester() throws -> AdminRequest.Amendment.Requester? {
            switch (name, phone) {
            case (nil, nil): nil
            case (let name?, let phone?): .init(name: name, phone: phone)
            case (_?, nil): throw NodeError(.usage, "--name is given without --phone; both are replaced together")
            case (nil, _?): throw NodeError(.usage, "--phone is given without --name; both are replaced together")
            }
        }

        private static func reference(_ text: String) throws -> AdminRequest.Amendment.Reference {
            let (system, name) = try pair(text, "--reference", form: "SYSTEM=NAME")
            return .init(system: system, identifier: name)
        }

        private static func kept(_ text: String) throws -> KeptVersion {
            let (field, version) = try pair(text, "--keep", form: "FIELD=VERSION")
            return KeptVersion(field: field, version: version)
        }

        private static func pair(_ text: String, _ option: String, form: String) throws -> (String, String) {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw NodeError(.usage, "\(option): \(text) is not of the form \(form)") }
            return (parts[0], parts[1])
        }
    }
}
