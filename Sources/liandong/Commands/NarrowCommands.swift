import ArgumentParser
import LiandongNode
import LiandongReports

extension OrderCommand {
    struct Narrow: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take it back from places that it was offered to and that have nothing to do with it any more."
        )

        @Argument(help: "The order's number.") var number: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Who does it.") var `operator` = ""
        @Option(help: "Tells orders apart that share a number.") var queryCode: String?

        func run() throws {
            let request = AdminRequest.narrow(number: number, queryCode: queryCode, operatorName: `operator`)
            try output.show(request, of: node.folder, as: NarrowReport.self) { report in
                let names = { (places: [PlaceReport]) in places.map { "\($0.code) \($0.name)" }.joined(separator: ", ")
                }
                Console.print("\(report.number) is taken back from \(names(report.takenFrom))")
                Console.print("it is for \(names(report.receivers))")
            }
        }
    }
}

struct TakeOverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "take-over",
        abstract: "Bring to a record's places what was written of it elsewhere; liandong held lists such records."
    )

    @Argument(help: "The record's id, its beginning, or an order's number.") var record: String
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func run() throws { try output.confirm(.takeOver(record: record), of: node.folder) }
}
