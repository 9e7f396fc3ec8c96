import ArgumentParser
import LiandongNode
import LiandongReports

struct PlaceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "place",
        abstract: "The places of the district: look at them anywhere, change them at the district's signer.",
        subcommands: [List.self, Add.self, Rename.self, Boundary.self, Move.self]
    )

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Every place that the authority chain knows here.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.places, of: node.folder, as: PlacesReport.self) { report in
                Console.table(
                    ["CODE", "TIER", "UNDER", "CORNERS", "NODES", "NAME"],
                    report.places.map { place in
                        [
                            place.code, place.tier, place.parent ?? "", "\(place.boundary.count / 2)",
                            place.nodes.joined(separator: ", "), place.name,
                        ]
                    }
                )
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a place, which needs no node of its own.")

        @Option(help: "street, community or grid.") var tier: String
        @OptionGroup var place: NewPlaceOptions

        func run() throws { try place.add(tier: tier) }
    }

    struct Rename: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a place another name.")

        @Argument(help: "Its code.") var code: String
        @Argument(help: "Its new name.") var name: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws { try output.confirm(.renamePlace(code: code, name: name), of: node.folder) }
    }

    struct Move: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a place under another one; who receives what changes with it."
        )

        @Argument(help: "Its code.") var code: String
        @Option(help: "The code of the place that it is to lie under.") var parent: String
        @Flag(help: "Change nothing; say which nodes would gain or lose what.") var dryRun = false
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let request = AdminRequest.movePlace(code: code, parent: parent, isDryRun: dryRun)
            try output.show(request, of: node.folder, as: MoveReport.self, print)
        }

        private func print(_ report: MoveReport) {
            let (place, verb) = (report.place, report.isMoved ? "was moved" : "would move")
            Console.print("\(place.code) \(place.name) \(verb) from \(report.from.name) to \(report.to.name)")
            let rows = report.nodes.flatMap { node in
                node.gains.map { row(node, "gains", $0) } + node.loses.map { row(node, "loses", $0) }
            }
            guard !rows.isEmpty else { return Console.print("no node gains or loses a record") }
            Console.table(["NODE", "", "RECORDS", "NOT HERE", "HEARD OF", "OF"], rows)
        }

        private func row(_ node: MoveReport.Row, _ what: String, _ change: MoveReport.Change) -> [String] {
            [
                node.node, what, "\(change.records)", change.notHere.map { "\($0) deltas" } ?? "?",
                node.heardAt ?? "never", change.audience.joined(separator: ", "),
            ]
        }
    }

    struct Boundary: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say where a place ends, so that points within it are known to be its own."
        )

        @Argument(help: "Its code.") var code: String
        @Argument(help: "A GeoJSON file with one polygon without holes (WGS 84, longitude first).") var file: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let ring = try BoundaryFile(file).ring
            try output.confirm(.setBoundary(code: code, ring: ring), of: node.folder)
        }
    }
}

struct GridCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grid",
        abstract: "The grids of communities; liandong place list shows them.",
        subcommands: [Add.self, Split.self]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add a grid to a community.")

        @OptionGroup var place: NewPlaceOptions

        func run() throws { try place.add(tier: "grid") }
    }
}

/// What a new place is made of.
struct NewPlaceOptions: ParsableArguments {
    @Option(help: "Its code: 12 digits, of a grid 15.") var code: String
    @Option(help: "Its name.") var name: String
    @Option(help: "The code of the place above it, where its own digits do not tell.") var parent: String?
    @Option(help: "A GeoJSON file with its boundary.") var boundary: String?
    @OptionGroup var node: NodeOptions
    @OptionGroup var output: OutputOptions

    func add(tier: String) throws {
        let form = AdminRequest.PlaceForm(
            tier: tier,
            code: code,
            name: name,
            parent: parent,
            boundary: try boundary.map { try BoundaryFile($0).ring } ?? []
        )
        try output.confirm(.addPlace(form), of: node.folder)
    }
}
