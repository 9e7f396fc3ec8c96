import ArgumentParser
import Foundation
import LiandongNode

@main
struct Liandong: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "liandong",
        abstract: "三级联动: a node of city government: district, street or community.",
        discussion: """
            Every node keeps its own signed replica and goes on working without the others.
            Exit codes: 0 fine, 1 failed, 2 degraded, 3 critical, 4 unreachable or timed out, 5 not found, \
            6 refused, 7 partial, 64 usage, 77 not permitted.
            """,
        version: Node.version,
        subcommands: [
            InitCommand.self, InviteCommand.self, JoinCommand.self, ServeCommand.self, PlaceCommand.self,
            GridCommand.self, SubmitCommand.self, OrderCommand.self, ResidentCommand.self, ConsultCommand.self,
            NoticeCommand.self,
            StatusCommand.self, TraceCommand.self, VerifyCommand.self, ErasuresCommand.self, PeerCommand.self,
            ForksCommand.self, HeldCommand.self, TakeOverCommand.self, QuotaCommand.self, RevokeCommand.self,
            SignerCommand.self, StaffCommand.self, DeviceCommand.self, AlarmCommand.self, SeriesCommand.self,
            QuarantineCommand.self,
            ImportCommand.self, ExportCommand.self, RebuildCommand.self, ClusterCommand.self,
        ]
    )

    /// Usage errors end with 64, what a node says with its own code.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as NodeError {
            Console.complain(error.reason)
            Foundation.exit(error.code.rawValue)
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            if exitCode(for: error) == .failure, !(error is ValidationError) {
                let known = NodeError(error)
                Console.complain(known.reason)
                Foundation.exit(known.code.rawValue)
            }
            exit(withError: error)
        }
    }
}
