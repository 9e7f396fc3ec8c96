import ArgumentParser
import Foundation
import LiandongNode
import LiandongReports

struct StaffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "staff",
        abstract: "Who signs in at this node: accounts, tokens for programs, and who was shown what.",
        subcommands: [
            Add.self, List.self, Disable.self, Enable.self, Password.self, Token.self, Tokens.self, RevokeToken.self,
            Unmaskings.self,
        ]
    )

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an account; its password is made up and said once, unless it is given."
        )

        @Argument(help: "What they sign in with.") var account: String
        @Option(help: "As colleagues know them.") var name: String
        @Option(help: "clerk, grid_worker, mediator, register or operator; may be given again.") var role: [String]
        @Option(help: "The code of the place that they see. Default: the node's own.") var place: String?
        @Flag(help: "Read the password from the first line of standard input.") var passwordStdin = false
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let form = StaffRequest.StaffForm(
                account: account,
                name: name,
                roles: role,
                place: place,
                password: passwordStdin ? try StaffCommand.passwordFromInput() : nil
            )
            try StaffCommand.show(.staff(.add(form)), of: node, output)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All accounts.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.staff(.list), of: node.folder, as: StaffReport.self) { report in
                Console.table(
                    ["ACCOUNT", "NAME", "ROLES", "PLACE", "STATE", "PASSWORD SINCE"],
                    report.staff.map {
                        [
                            $0.account, $0.name, $0.roles.joined(separator: " "), "\($0.place.name) \($0.place.code)",
                            $0.isDisabled ? "disabled" : "good", $0.passwordAt,
                        ]
                    }
                )
            }
        }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shut somebody out: sessions end and tokens are revoked at once."
        )

        @Argument var account: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws { try output.confirm(.staff(.disable(account: account)), of: node.folder) }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let somebody sign in again; what was counted of failed sign-ins is forgotten."
        )

        @Argument var account: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws { try output.confirm(.staff(.enable(account: account)), of: node.folder) }
    }

    struct Password: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give somebody another password; their sessions end."
        )

        @Argument var account: String
        @Flag(help: "Read the password from the first line of standard input.") var passwordStdin = false
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let password = passwordStdin ? try StaffCommand.passwordFromInput() : nil
            try StaffCommand.show(.staff(.setPassword(account: account, password: password)), of: node, output)
        }
    }
}

// MARK: - Tokens

extension StaffCommand {
    struct Token: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token with which a program acts for somebody; it is said once."
        )

        @Argument var account: String
        @Option(help: "What it may do, as orders:read or orders:write; may be given again.") var scope: [String]
        @Option(help: "How many days it is good: 1 to 366.") var days = 90
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let request = AdminRequest.staff(.addToken(account: account, scopes: scope, days: days))
            try output.show(request, of: node.folder, as: StaffTokenReport.self) { report in
                Console.print(report.token)
                Console.say("token \(report.id), good until \(report.expiresAt); it is not shown again")
            }
        }
    }

    struct Tokens: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All tokens, without what is secret of them.")

        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try output.show(.staff(.tokens), of: node.folder, as: StaffTokensReport.self) { report in
                Console.table(
                    ["ID", "ACCOUNT", "STATE", "EXPIRES", "SCOPES"],
                    report.tokens.map { [$0.id, $0.account, $0.state, $0.expiresAt, $0.scopes.joined(separator: " ")] }
                )
            }
        }
    }

    struct RevokeToken: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke-token",
            abstract: "Take a token back, at once."
        )

        @Argument(help: "Its id, as tokens lists it.") var id: String
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws { try output.confirm(.staff(.revokeToken(id: id)), of: node.folder) }
    }
}

// MARK: - What was shown

extension StaffCommand {
    struct Unmaskings: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who was shown which personal value in clear, and what for."
        )

        @Option(help: "From this time on, as 2026-11-22T08:00:00+08:00.") var since: String?
        @Option(help: "The most to list: 1 to 10000.") var limit = 200
        @OptionGroup var node: NodeOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            let from = try since.map { try Moment.milliseconds($0, "--since") } ?? 0
            let request = AdminRequest.staff(.unmaskings(since: from, limit: limit))
            try output.show(request, of: node.folder, as: UnmaskingsReport.self) { report in
                Console.table(
                    ["AT", "ACCOUNT", "RECORD", "FIELD", "PURPOSE"],
                    report.unmaskings.map { [$0.at, $0.account, $0.record, $0.field, $0.purpose] }
                )
                if report.isPartial { Console.say("there are older ones; give a greater --limit") }
            }
        }
    }
}

// MARK: -

extension StaffCommand {
    /// The first line of standard input, without its end.
    fileprivate static func passwordFromInput() throws -> String {
        guard let line = readLine(), !line.isEmpty else {
            throw NodeError(.usage, "--password-stdin: standard input has no first line")
        }
        return line
    }

    fileprivate static func show(_ request: AdminRequest, of node: NodeOptions, _ output: OutputOptions) throws {
        try output.show(request, of: node.folder, as: StaffPasswordReport.self) { report in
            if let password = report.password {
                Console.print(password)
                Console.say("that is the password of \(report.account); it is not shown again")
            } else {
                Console.print("the password of \(report.account) is the one given")
            }
        }
    }
}
